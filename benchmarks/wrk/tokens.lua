-- Sends the tokens of a file, one after the other.

local requests = {}
local number = 0

function init(arguments)
  for token in io.lines(arguments[1]) do
    wrk.headers["Authorization"] = "Bearer " .. token
    requests[#requests + 1] = wrk.format()
  end
end

function request()
  number = number % #requests + 1
  return requests[number]
end
