-- For wrk, with as many threads as connections: `wrk … -s timed-hits.lua URL -- FOLDER PATHS PAUSE`. Asks for the paths
-- of the file round and round, each connection after a pause of so many milliseconds, and writes a line a response into a
-- file of the thread: when the request began, in microseconds, how many it took, and 1 where it was a hit.
local ffi = require("ffi")
ffi.cdef("typedef struct { long seconds; long nanoseconds; } moment; int clock_gettime(int, moment *);")
local moment = ffi.new("moment")
local requests, position, begun, out, pause = {}, 0, 0, nil, 0
local threads = 0

local function now()
  ffi.C.clock_gettime(0, moment)
  return tonumber(moment.seconds) * 1e6 + tonumber(moment.nanoseconds) / 1e3
end

function setup(thread)
  threads = threads + 1
  thread:set("threadNumber", threads)
end

function init(arguments)
  for path in io.lines(arguments[2]) do
    requests[#requests + 1] = wrk.format("GET", path)
  end
  out = io.open(arguments[1] .. "/" .. threadNumber, "w")
  out:setvbuf("full", 65536)
  pause = tonumber(arguments[3])
  if pause > 0 then
    delay = function() return pause end
  end
  position = threadNumber * 7
end

function request()
  position = position + 1
  begun = now()
  return requests[position % #requests + 1]
end

function response(status, headers)
  local hit = status == 200 and headers["X-Cache"] == "HIT"
  out:write(string.format("%.0f %.0f %d\n", begun, now() - begun, hit and 1 or 0))
end
