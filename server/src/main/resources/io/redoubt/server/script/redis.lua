-- The table 'redis'.

local native, shared = ...
local variables, protect = shared.variables, shared.protect
local error, next, setmetatable, type, tostring, select = error, next, setmetatable, type, tostring, select
local sub, find = string.sub, string.find
local run, concat = native.run, table.concat

local MAX_LOG_BYTES = 1024 -- as in Redis

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

local function call(...)
  return raised(run(...))
end

local function protected_call(...)
  return (run(...))
end

local guarded = shared.guarded
local guarded_call, guarded_pcall = guarded('raise', run, call), guarded('first', run, protected_call)
redis.call, redis.pcall = guarded_call, guarded_pcall

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
  local text = ...
  -- Anything else is the empty text, as in Redis.
  return native.sha1hex((type(text) == 'string' or type(text) == 'number') and tostring(text) or '')
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
  native.log(level, sub(concat(parts, ' '), 1, MAX_LOG_BYTES))
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

-- While a script is debugged others run its commands, and hear of its calls.

local breakpoint, show

function shared.traces(runs, hears_breakpoint, hears_values)
  shared.is_traced = runs ~= nil
  run, breakpoint, show = runs or native.run, hears_breakpoint, hears_values
  redis.call, redis.pcall = runs and call or guarded_call, runs and protected_call or guarded_pcall
end

function redis.breakpoint()
  return breakpoint ~= nil and breakpoint()
end

function redis.debug(...)
  if show then
    show(...)
  end
end

function redis.acl_check_cmd(...)
  if select('#', ...) == 0 then
    fail('Please specify at least one argument for this redis lib call')
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

-- Functions.

local FLAGS = {
  ['no-writes'] = true,
  ['allow-oom'] = true,
  ['allow-stale'] = true,
  ['no-cluster'] = true,
  ['allow-cross-slot-keys'] = true,
}

local function flag_words(flags)
  local words = {}
  for i = 1, #flags do
    if not FLAGS[flags[i]] then
      fail('unknown flag given')
    end
    words[i] = flags[i]
  end
  return concat(words, ',')
end

-- The arguments of the form with names.
local NAMED = {
  function_name = 'string',
  description = 'string',
  callback = 'function',
  flags = 'table',
}

local function named(arguments)
  if type(arguments) ~= 'table' then
    fail('calling redis.register_function with a single argument is only applicable to Lua table (representing named arguments).')
  end
  for key, value in next, arguments do
    if type(key) ~= 'string' then
      fail('named argument key given to redis.register_function is not a string')
    elseif not NAMED[key] then
      fail('unknown argument given to redis.register_function')
    elseif type(value) ~= NAMED[key] then
      if key == 'flags' then
        fail('flags argument to redis.register_function must be a table representing function flags')
      end
      fail(key .. ' argument given to redis.register_function must be a ' .. NAMED[key])
    end
  end
  if not arguments.function_name then
    fail('redis.register_function must get a function name argument')
  elseif not arguments.callback then
    fail('redis.register_function must get a callback argument')
  end
  return arguments.function_name, arguments.callback, arguments.description, flag_words(arguments.flags or {})
end

local function positional(...)
  local name, callback = ...
  if type(name) ~= 'string' then
    fail('first argument to redis.register_function must be a string')
  elseif type(callback) ~= 'function' then
    fail('second argument to redis.register_function must be a function')
  end
  return name, callback, nil, ''
end

local functions = {}
shared.functions = functions

local function register_function(...)
  local count = select('#', ...)
  if count < 1 or count > 2 then
    fail('wrong number of arguments to redis.register_function')
  end
  local name, callback, description, flags
  if count == 1 then
    name, callback, description, flags = named(...)
  else
    name, callback, description, flags = positional(...)
  end
  if not shared.patterns.match(name, '^[%w_]+$') then
    fail('Library names can only contain letters, numbers, or underscores(_) and must be at least one character long')
  end
  local reference = native.register(name, description, flags)
  if reference == nil then
    fail('redis.register_function can only be called on FUNCTION LOAD command')
  elseif reference == 0 then
    fail('Function already exists in the library')
  end
  functions[reference] = callback
end

-- While a library is loaded there is less.

local function nonexistent(_, name)
  error("Script attempted to access nonexistent global variable '" .. tostring(name) .. "'", 2)
end

local NOT_WHILE_LOADING = {math = true, redis = true, KEYS = true, ARGV = true, getmetatable = true}

local loading_redis = setmetatable({register_function = register_function}, {__index = nonexistent})
for key, value in next, redis do
  if type(value) ~= 'function' or key == 'log' then
    loading_redis[key] = value
  end
end

local loading_variables = setmetatable({redis = protect(loading_redis)}, {__index = nonexistent})
for key, value in next, variables do
  if not NOT_WHILE_LOADING[key] then
    loading_variables[key] = value
  end
end

variables.redis = protect(redis)

-- Chooses between the world of a library that is loaded and that of everything else.
function shared.loading(on)
  shared.world_meta.__index = on and loading_variables or variables
end
