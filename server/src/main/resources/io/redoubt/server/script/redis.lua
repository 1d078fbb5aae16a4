-- The table 'redis'.

local native, shared = ...
local variables, protect = shared.variables, shared.protect
local error, type, tostring, select, sub, find, match = error, type, tostring, select, string.sub, string.find, string.match
local run, concat = native.run, table.concat

local function raised(reply, failed)
  if failed then
    error(reply, 0)
  end
  return reply
end

local function single(field)
  return function(...)
    local text = ...
    if select('#', ...) ~= 1 or type(text) ~= 'string' then
      return {err = 'ERR wrong number or type of arguments'}
    end
    return {[field] = text}
  end
end

local function with_code(text)
  if sub(text, 1, 1) == '-' then
    text = sub(text, 2)
  end
  if not find(text, ' ', 1, true) then
    text = 'ERR ' .. text
  end
  return text
end

local function fail(message)
  error({err = 'ERR ' .. message}, 0)
end

local redis = {
  LOG_DEBUG = 0,
  LOG_VERBOSE = 1,
  LOG_NOTICE = 2,
  LOG_WARNING = 3,
  REPL_NONE = 0,
  REPL_AOF = 1,
  REPL_SLAVE = 2,
  REPL_REPLICA = 2,
  REPL_ALL = 3,
  REDIS_VERSION = native.version,
  REDIS_VERSION_NUM = native.version_number,
  status_reply = single('ok'),
}

function redis.call(...)
  return raised(run(...))
end

function redis.pcall(...)
  return (run(...))
end

function redis.error_reply(...)
  local text = ...
  if select('#', ...) ~= 1 or type(text) ~= 'string' then
    return {err = 'ERR wrong number or type of arguments'}
  end
  return {err = with_code(text)}
end

function redis.sha1hex(...)
  if select('#', ...) ~= 1 then
    fail('wrong number of arguments')
  end
  return native.sha1hex((tostring(...)))
end

function redis.log(...)
  if select('#', ...) < 2 then
    fail('redis.log() requires two arguments or more.')
  end
  local level = ...
  if type(level) ~= 'number' then
    fail('First argument must be a number (log level).')
  end
  if level < 0 or level > 3 then
    fail('Invalid log level.')
  end
  local parts = {}
  for i = 2, select('#', ...) do
    local part = select(i, ...)
    if type(part) == 'string' or type(part) == 'number' then
      parts[#parts + 1] = tostring(part)
    end
  end
  native.log(level, concat(parts, ' '))
end

function redis.setresp(...)
  if select('#', ...) ~= 1 then
    fail('redis.setresp() requires one argument.')
  end
  local version = ...
  if version ~= 2 and version ~= 3 then
    fail('RESP version must be 2 or 3.')
  end
  native.setresp(version)
end

function redis.set_repl(...)
  if select('#', ...) ~= 1 then
    fail('redis.set_repl() requires one argument.')
  end
  local targets = ...
  if type(targets) ~= 'number' or targets < 0 or targets > 3 then
    fail('Invalid replication flags. Use REPL_AOF, REPL_REPLICA, REPL_ALL or REPL_NONE.')
  end
  native.propagate(targets)
end

function redis.replicate_commands()
  return true
end

function redis.breakpoint()
  return false
end

function redis.debug()
end

function redis.acl_check_cmd(...)
  if select('#', ...) == 0 then
    fail('Please specify at least one argument for this redis.acl_check_cmd() call')
  end
  local allowed, failed = native.may_run(...)
  if failed then
    fail('redis.acl_check_cmd() require at least one argument')
  end
  if allowed == nil then
    fail('Invalid command passed to redis.acl_check_cmd()')
  end
  return allowed
end

variables.redis = protect(redis)
shared.redis = redis
