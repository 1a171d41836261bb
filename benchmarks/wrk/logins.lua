-- Logs in, with the body that it is given.

function init(arguments)
  wrk.method = "POST"
  wrk.path = "/login"
  wrk.headers["Content-Type"] = "application/json"
  wrk.body = arguments[1]
end

function request()
  return wrk.format()
end
