"""FastAPI's tutorials on JWTs and on SQL databases put together: SQLModel, a session a request."""

from collections.abc import Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from os import environ
from typing import Annotated, Any

import jwt
from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import OAuth2PasswordBearer, OAuth2PasswordRequestForm
from pwdlib import PasswordHash
from sqlmodel import Field, Session, SQLModel, create_engine, select

ALGORITHM = "HS256"
SECRET_KEY = environ["JWT_SECRET"]

password_hash = PasswordHash.recommended()
oauth2_scheme = OAuth2PasswordBearer(tokenUrl="token")
engine = create_engine("sqlite:///sqlmodel.db", connect_args={"check_same_thread": False})


class UserPublic(SQLModel):
    id: int
    email: str
    full_name: str


class User(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    email: str = Field(unique=True, index=True)
    full_name: str
    hashed_password: str
    is_active: bool = True


def get_session() -> Iterator[Session]:
    with Session(engine) as session:
        yield session


SessionDep = Annotated[Session, Depends(get_session)]
TokenDep = Annotated[str, Depends(oauth2_scheme)]


@asynccontextmanager
async def lifespan(_: FastAPI) -> Any:
    SQLModel.metadata.create_all(engine)
    with Session(engine) as session:
        if session.exec(select(User)).first() is None:
            session.add(
                User(
                    email="ada@example.com",
                    full_name="Ada Lovelace",
                    hashed_password=password_hash.hash("secret"),
                )
            )
            session.commit()
    yield


app = FastAPI(lifespan=lifespan)


def get_current_user(session: SessionDep, token: TokenDep) -> User:
    try:
        payload = jwt.decode(token, SECRET_KEY, algorithms=[ALGORITHM])
    except jwt.InvalidTokenError as error:
        raise HTTPException(403, "Wrong credentials") from error
    user = session.get(User, int(payload["sub"]))
    if user is None:
        raise HTTPException(404, "User not found")
    if not user.is_active:
        raise HTTPException(400, "Inactive user")
    return user


@app.post("/token")
def login(
    session: SessionDep, form: Annotated[OAuth2PasswordRequestForm, Depends()]
) -> dict[str, str]:
    user = session.exec(select(User).where(User.email == form.username)).first()
    if user is None or not password_hash.verify(form.password, user.hashed_password):
        raise HTTPException(400, "Wrong username or password")
    claims = {"sub": str(user.id), "exp": datetime.now(UTC) + timedelta(minutes=30)}
    token = jwt.encode(claims, SECRET_KEY, algorithm=ALGORITHM)
    return {"access_token": token, "token_type": "bearer"}


@app.get("/me", response_model=UserPublic)
def read_me(current_user: Annotated[User, Depends(get_current_user)]) -> Any:
    return current_user
