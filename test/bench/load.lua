-- For wrk: `wrk … -s load.lua URL -- one` asks for the URL, `list FILE` for the paths of the file round and round,
-- `unique PREFIX METHOD` for paths nobody has asked for before: the prefix, the thread's number and the request's, both
-- from one on. The figures come out as one line of JSON.
local mode, requests, position, head, tail
local threads = 0

function setup(thread)
  threads = threads + 1
  thread:set("threadNumber", threads)
end

function init(arguments)
  mode = arguments[1]
  position = 0
  if mode == "list" then
    requests = {}
    for path in io.lines(arguments[2]) do
      requests[#requests + 1] = wrk.format("GET", path)
    end
  elseif mode == "unique" then
    local template = wrk.format(arguments[3], arguments[2] .. threadNumber .. "-@")
    local at = template:find("@", 1, true)
    head, tail = template:sub(1, at - 1), template:sub(at + 1)
    -- wrk looks at one request of the first thread that it does not send.
    position = threadNumber == 1 and -1 or 0
  else
    requests = { wrk.format("GET") }
  end
end

function request()
  position = position + 1
  if mode == "unique" then
    return head .. position .. tail
  end
  return requests[(position - 1) % #requests + 1]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    'FIGURES {"requests":%d,"bytes":%.0f,"seconds":%.6f,"p99Microseconds":%d,"badStatus":%d,"brokenConnections":%d}\n',
    summary.requests, summary.bytes, summary.duration / 1e6, latency:percentile(99), errors.status,
    errors.connect + errors.read + errors.write + errors.timeout))
end
