"""FastAPI's tutorial on OAuth2 with JWTs: users in a dict."""

from datetime import UTC, datetime, timedelta
from os import environ
from typing import Annotated, Any

import jwt
from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import OAuth2PasswordBearer, OAuth2PasswordRequestForm
from pwdlib import PasswordHash
from pydantic import BaseModel

ALGORITHM = "HS256"
SECRET_KEY = environ["JWT_SECRET"]

password_hash = PasswordHash.recommended()
oauth2_scheme = OAuth2PasswordBearer(tokenUrl="token")


class User(BaseModel):
    username: str
    email: str | None = None
    full_name: str | None = None
    disabled: bool | None = None


class UserInDB(User):
    hashed_password: str


fake_users_db: dict[str, dict[str, Any]] = {
    "ada@example.com": {
        "username": "ada@example.com",
        "full_name": "Ada Lovelace",
        "email": "ada@example.com",
        "hashed_password": password_hash.hash("secret"),
        "disabled": False,
    }
}

app = FastAPI()


def get_user(username: str | None) -> UserInDB | None:
    user = fake_users_db.get(username or "")
    return UserInDB(**user) if user else None


async def get_current_user(token: Annotated[str, Depends(oauth2_scheme)]) -> User:
    refused = HTTPException(401, "Wrong credentials", {"WWW-Authenticate": "Bearer"})
    try:
        payload = jwt.decode(token, SECRET_KEY, algorithms=[ALGORITHM])
    except jwt.InvalidTokenError as error:
        raise refused from error
    user = get_user(payload.get("sub"))
    if user is None:
        raise refused
    return user


async def get_current_active_user(
    current_user: Annotated[User, Depends(get_current_user)],
) -> User:
    if current_user.disabled:
        raise HTTPException(400, "Inactive user")
    return current_user


@app.post("/token")
async def login(form: Annotated[OAuth2PasswordRequestForm, Depends()]) -> dict[str, str]:
    user = get_user(form.username)
    if user is None or not password_hash.verify(form.password, user.hashed_password):
        raise HTTPException(400, "Wrong username or password")
    claims = {"sub": user.username, "exp": datetime.now(UTC) + timedelta(minutes=30)}
    token = jwt.encode(claims, SECRET_KEY, algorithm=ALGORITHM)
    return {"access_token": token, "token_type": "bearer"}


@app.get("/me")
async def read_me(current_user: Annotated[User, Depends(get_current_active_user)]) -> User:
    return current_user
