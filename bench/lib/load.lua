-- Drives wrk through a file of ready-made requests, each sent once, and stops after the last answer.
--
--   wrk ... -s load.lua URL -- FILE STATUS
--
-- FILE: for each request its length and a line feed, then its bytes. STATUS: what every answer is to
-- be. Prints one line of JSON.

local ffi = require("ffi")
ffi.cdef([[
  typedef struct { long s; long ns; } timespec;
  int clock_gettime(int clock, timespec *time);
  int getpid(void);
  int kill(int pid, int signal);
]])

local function now()
  local time = ffi.new("timespec")
  ffi.C.clock_gettime(1, time)
  return tonumber(time.s) + tonumber(time.ns) / 1e9
end

local requests, asked, started, answers, unexpected = {}, 0, 0, 0, 0
local begun, first, expected

function init(args)
  local file = assert(io.open(args[1], "rb"))
  expected = tonumber(args[2])
  while true do
    local length = file:read("*l")
    if not length then break end
    requests[#requests + 1] = file:read(tonumber(length))
  end
  file:close()
end

-- Asked before every request: once all are on their way, the connections only wait for answers.
function delay()
  started = started + 1
  return started > #requests and 3600000 or 0
end

function request()
  -- The very first is not sent: wrk looks at it to see how requests are made.
  if asked == 1 then begun = now() end
  asked = asked + 1
  return requests[asked % #requests + 1]
end

function response(status)
  first = first or now()
  answers = answers + 1
  if status ~= expected then unexpected = unexpected + 1 end
  if answers == #requests then
    local last = now()
    io.write(string.format(
      '{"answers":%d,"unexpected":%d,"seconds":%.6f,"first":%.6f,"last":%.6f}\n',
      answers, unexpected, last - begun, first, last))
    io.flush()
    ffi.C.kill(ffi.C.getpid(), 2)
  end
end
