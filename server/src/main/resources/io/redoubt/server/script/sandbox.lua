-- The world of scripts: what there is of the standard libraries, and that nobody can change it.
--
-- A protected table is an empty one that stands for the real one: reading goes through, writing
-- raises an error. Functions that look past metatables are told the difference here.

local native, shared = ...

local MAX_STRING_BYTES = 512 * 1024 * 1024
local MAX_UNPACKED = 8000
local MAX_SORTED = 300
local MAX_CHUNK_BYTES = 8 * 1024 * 1024

local READ_ONLY = 'Attempt to modify a readonly table'

local error, type, rawget, rawset, select = error, type, rawget, rawset, select
local tonumber, tostring = tonumber, tostring
local next, pairs, pcall = next, pairs, pcall
local setmetatable, getmetatable, loadstring, setfenv = setmetatable, getmetatable, loadstring, setfenv
local getinfo = debug.getinfo
local concat, insert, remove, sort, setn = table.concat, table.insert, table.remove, table.sort, table.setn
local rep, sub, format = string.rep, string.sub, string.format
local floor = math.floor

local originals = setmetatable({}, {__mode = 'k'})

local function refuse()
  error(READ_ONLY, 2)
end

local function protect(original)
  local stand_in = setmetatable({}, {__index = original, __newindex = refuse, __metatable = false})
  originals[stand_in] = original
  return stand_in
end

local function mutable(t)
  if originals[t] then
    error(READ_ONLY, 0)
  end
  return t
end

local function copy(t)
  local result = {}
  for k, v in next, t do
    result[k] = v
  end
  return result
end

shared.protect = protect
shared.debug_library, shared.coroutine_library = debug, coroutine

-- Errors that Lua itself raises within a library have no line.
local WITHOUT_LINE = {['table index is nil'] = true, ['table index is NaN'] = true, ['not enough memory'] = true}

-- For the end of a library's function: passes results on, or raises an error at the caller's line.
function shared.raising(done, ...)
  if not done then
    error((...), WITHOUT_LINE[(...)] and 0 or 3)
  end
  return ...
end

-- Global functions.

local variables = {_VERSION = _VERSION}
shared.variables = variables

for _, name in next, {
  'assert', 'error', 'gcinfo', 'rawequal', 'select', 'tonumber', 'tostring', 'type',
} do
  variables[name] = _G[name]
end

-- The wrappers of functions on tables are called for few of them: those with a metatable.
local guarded, GUARD_LEVELS = shared.guarded, shared.GUARD_LEVELS

variables.next = guarded('plain', next, function(t, key)
  return next(originals[t] or t, key)
end)

function variables.pairs(t)
  local original = originals[t]
  return pairs(original and copy(original) or t)
end

variables.ipairs = ipairs

-- A number as Lua's own functions take it: cut to 32 bits.
local function as_int(value)
  if value ~= value or value >= 2 ^ 63 or value < -(2 ^ 63) then
    return 0
  end
  value = (value < 0 and -floor(-value) or floor(value)) % 2 ^ 32
  return value >= 2 ^ 31 and value - 2 ^ 32 or value
end
shared.as_int = as_int

-- Lua's own function counts the results in 32 bits; a count that wraps would overrun the stack.
local unpack = unpack
variables.unpack = guarded('elements', unpack, function(t, ...)
  local first, last = ...
  local all = first == nil and last == nil
  if type(t) == 'table' and not (all and #t <= MAX_UNPACKED) then
    local low = as_int(tonumber(first) or 1)
    local high = last == nil and #t or as_int(tonumber(last) or low)
    if high - low >= MAX_UNPACKED then
      error('too many results to unpack', 2 + GUARD_LEVELS)
    end
  end
  return unpack(t, ...)
end)

-- Lua's functions tell a missing argument from nil, so they get just those that were given.
variables.rawget = guarded('plain', rawget, function(...)
  local original = originals[(...)]
  if original then
    return rawget(original, select(2, ...))
  end
  return rawget(...)
end)

variables.rawset = guarded('plain', rawset, function(...)
  mutable((...))
  return rawset(...)
end)

variables.setmetatable = guarded('plain', setmetatable, function(...)
  mutable((...))
  return setmetatable(...)
end)

function variables.getmetatable(...)
  if originals[(...)] then
    return protect({})
  end
  return getmetatable(...)
end

-- Returns the innermost call by the user's own code, nil if there is none.
local function user_call()
  for level = 3, 100 do
    local info = getinfo(level, 'Sl')
    if not info or sub(info.source, 1, 5) == '@user' then
      return info
    end
  end
end

local show_caught, without_own_place = native.caught, native.without_own_place

local function caught(done, ...)
  if done then
    return done, ...
  end
  return show_caught(done, (...))
end

if native.guard then
  variables.pcall = guarded('protect', pcall, show_caught)
else
  function variables.pcall(...)
    if select('#', ...) == 0 then
      return show_caught()
    end
    return caught(pcall(...))
  end
end

-- A handler is called before the error is caught, with the hook off: an endless one could not be ended.
local xpcall, is_interrupted = xpcall, native.is_interrupted
function variables.xpcall(...)
  local f, handler = ...
  if select('#', ...) < 2 then
    return xpcall(...) -- raises the error
  end
  return xpcall(f, function(problem)
    if is_interrupted() then
      return problem
    end
    return handler(without_own_place(problem))
  end)
end

local replace_tail_calls, sets_globals = native.replace_tail_calls, native.sets_globals
local load, clock = load, os.clock

-- Some constructs take the compiler a time that is the square of their number: a longer chunk is
-- read in pieces, between which a script can be killed, and given up after so many seconds.
local MAX_PIECE_BYTES = 512
local MAX_COMPILED_AT_ONCE_BYTES = 4096
local MAX_COMPILE_SECONDS = 4

-- Compiles the texts that a function returns, up to nil or an empty one; with nil it may say why the
-- chunk is refused. The time that the function takes is not the compiler's.
local function load_texts(next_text, name)
  local text, at, ended, refusal = '', 1, false, nil
  local deadline = clock() + MAX_COMPILE_SECONDS
  local chunk, problem = load(function()
    local now = clock()
    if now > deadline then
      refusal = 'chunk is too complex'
      return nil
    end
    native.tick()
    if at > #text and not ended then
      text, refusal = next_text()
      text, at, ended = text or '', 1, text == nil or text == ''
      deadline = deadline + clock() - now
    end
    local piece = sub(text, at, at + MAX_PIECE_BYTES - 1)
    at = at + MAX_PIECE_BYTES
    return piece
  end, name)
  if refusal then
    return nil, refusal
  end
  return chunk, problem
end

local function load_long(text, name)
  return load_texts(function()
    local whole = text
    text = nil
    return whole
  end, name)
end

-- The calls of a chunk in tail position become ordinary ones, so that errors can tell the line.
local function without_tail_calls(chunk, problem)
  if not chunk then
    return nil, problem
  end
  replace_tail_calls(chunk)
  return chunk
end

local function compile(text, name)
  local is_long = #text > MAX_COMPILED_AT_ONCE_BYTES
  return without_tail_calls((is_long and load_long or loadstring)(text, name or text))
end

-- Compiles a script or library. The environment of a script that sets no global variables can be the
-- table of them itself, where they are found at once: the script has no way to tell or to change it.
function shared.compile(text, name)
  local chunk, problem = compile(text, name)
  if chunk and name == '@user_script' and not native.deprecated_api and not sets_globals(chunk) then
    setfenv(chunk, variables)
  end
  return chunk, problem
end

-- Returns a text of a chunk, of which so many bytes precede it; nil and the reason if it is refused.
local function accepted(text, bytes_before)
  if bytes_before == 0 and sub(text, 1, 1) == '\27' then
    return nil, 'bytecode is not accepted'
  elseif bytes_before + #text > MAX_CHUNK_BYTES then
    return nil, 'chunk is too long' -- the compiler cannot be interrupted
  end
  return text
end

function variables.loadstring(...)
  local text, name = ...
  if type(text) ~= 'string' then
    return without_tail_calls(loadstring(...))
  end
  local _, refusal = accepted(text, 0)
  if refusal then
    return nil, refusal
  end
  return compile(text, name)
end

-- The kind of an argument as Lua's own errors name it.
local function found(...)
  return select('#', ...) == 0 and 'no value' or type((...))
end

-- Like Lua's own, this catches the errors of the reader.
function variables.load(...)
  local reader, name = ...
  if name ~= nil and type(name) ~= 'string' and type(name) ~= 'number' then
    error("bad argument #2 to 'load' (string expected, got " .. type(name) .. ')', 2)
  elseif type(reader) ~= 'function' then
    error("bad argument #1 to 'load' (function expected, got " .. found(...) .. ')', 2)
  end
  local bytes = 0
  local chunk, problem = without_tail_calls(load_texts(function()
    local text = reader()
    if type(text) == 'number' then
      text = tostring(text)
    elseif text ~= nil and type(text) ~= 'string' then
      error('reader function must return a string', 6)
    end
    if text == nil then
      return nil
    end
    bytes = bytes + #text
    return accepted(text, bytes - #text)
  end, name or '=(load)'))
  if type(problem) == 'string' then
    problem = without_own_place(problem)
  end
  return chunk, problem
end

-- Scripts cannot change the collector.
local collectgarbage = collectgarbage
local IGNORED_OPTIONS = {stop = true, restart = true, setpause = true, setstepmul = true}

function variables.collectgarbage(option, ...)
  if IGNORED_OPTIONS[option] then
    return 0
  end
  native.tick()
  return collectgarbage(option, ...)
end

-- What Lua 5.2 has no more, for those who wish it: as far as it cannot change or show our own code.

local function deprecated_api()
  local getfenv, newproxy, proxies = getfenv, newproxy, setmetatable({}, {__mode = 'k'})
  local real, ours = _G, {}
  for _, name in next, {'patterns', 'sandbox', 'cjson', 'cmsgpack', 'struct', 'redis', 'debugger'} do
    ours['=' .. name] = true
  end
  ours['=[C]'] = true

  -- The function that is meant: itself, or that of a level of the stack, 1 being the caller's.
  local function meant(f, name)
    if type(f) == 'function' then
      return f
    end
    local level = tonumber(f)
    if not level or level < 0 then
      error("bad argument #1 to '" .. name .. "' (number expected, got " .. type(f) .. ')', 3)
    end
    local info = getinfo(level + 2, 'f')
    if not info then
      error("bad argument #1 to '" .. name .. "' (invalid level)", 3)
    end
    return info.func
  end

  function variables.getfenv(f)
    if f == 0 then
      return shared.world
    end
    local environment = getfenv(meant(f == nil and 1 or f, 'getfenv'))
    return environment == real and shared.world or environment
  end

  function variables.setfenv(f, environment)
    if type(environment) ~= 'table' then
      error("bad argument #2 to 'setfenv' (table expected, got " .. type(environment) .. ')', 2)
    end
    local changed = f ~= 0 and meant(f, 'setfenv')
    if not changed or ours[getinfo(changed, 'S').source] then
      error("'setfenv' cannot change environment of given object", 2)
    end
    return setfenv(changed, environment)
  end

  -- A finalizer would run whenever Lua collects garbage, in other scripts and outside of all. So
  -- what scripts see of the metatable is a table of its own, from which all but that is taken over.
  function variables.newproxy(like)
    if proxies[like] then
      return newproxy(like)
    end
    local proxy = newproxy(like)
    local meta = getmetatable(proxy)
    if meta then
      meta.__metatable = setmetatable({}, {
        __index = meta,
        __newindex = function(_, key, value)
          if key ~= '__gc' then
            meta[key] = value
          end
        end,
        __metatable = false,
      })
      proxies[proxy] = true
    end
    return proxy
  end
end

if native.deprecated_api then
  deprecated_api()
end

-- Libraries.

local function library(original, changes)
  local result = copy(original)
  for k, v in next, changes do
    result[k] = v
  end
  return protect(result)
end

-- Lua's own copies byte by byte.
local MAX_COPIED_BYTES = 65536
local large_rep = native.rep

shared.patterns.rep = guarded('repeat', rep, function(text, count)
  local kind, times = type(text), tonumber(count)
  if kind == 'number' then
    text, kind = tostring(text), 'string'
  end
  if kind == 'string' and times then
    count = as_int(times)
    if text == '' or count < 1 then
      return '' -- Lua would count
    elseif #text * count > MAX_STRING_BYTES then
      error('resulting string too large', 2 + GUARD_LEVELS)
    elseif #text * count > MAX_COPIED_BYTES then
      return large_rep(text, count) or error('not enough memory', 2 + GUARD_LEVELS)
    end
  end
  return rep(text, count)
end)

variables.string = library(string, shared.patterns)

local string_meta = getmetatable('')
string_meta.__index = originals[variables.string] -- scripts do not see it
string_meta.__metatable = protect({__index = variables.string})

-- Lua's own sort cannot be interrupted, but where it calls a function; and the worst order of values
-- has it take a time that is the square of their number.
local function ascending(a, b)
  return a < b
end

local function descending(a, b)
  return a > b
end

-- Long strings take long to compare.
local MAX_COMPARED_BYTES = 1000

local has_long_string, sort_numbers, is_same_code = native.has_long_string, native.sort_numbers, native.is_same_code

local function is_heavy(t)
  local count = #t
  return count > MAX_SORTED or has_long_string(t, count, MAX_COMPARED_BYTES)
end

local function sorted(...)
  local t, order = ...
  mutable(t)
  if type(t) == 'table' then
    if order == nil then
      if sort_numbers(t, #t, false) then
        return
      end
      order = is_heavy(t) and ascending or nil
    elseif type(order) == 'function' and getinfo(order, 'S').what == 'C' then
      local native_order = order
      order = function(a, b) -- the hook is called for Lua's code only
        return native_order(a, b)
      end
    elseif type(order) == 'function' and not shared.is_traced then
      local falls = is_same_code(order, descending)
      if (falls or is_same_code(order, ascending)) and sort_numbers(t, #t, falls) then
        return
      end
    end
    return sort(t, order)
  end
  return sort(...)
end

-- Lua's own functions move and visit elements without a tick, and #t may be a border that is far
-- beyond the elements.
local MAX_MOVED = 20000

-- The place of an element to insert or remove, if there are many to move; else nil.
local function far_place(t, place)
  local position = type(t) == 'table' and tonumber(place)
  if not position then
    return nil
  end
  local last = #t
  if position >= 1 and position < 2 ^ 31 and last - position < MAX_MOVED then
    return nil
  end
  position = as_int(position)
  return last + 1 - position > MAX_MOVED and position or nil
end

local function inserted(t, ...)
  if originals[t] then
    error(READ_ONLY, 0)
  end
  if select('#', ...) == 1 then
    return insert(t, ...) -- moves nothing
  end
  local position = far_place(t, (...))
  if not position or select('#', ...) ~= 2 then
    return insert(t, ...)
  end
  for i = #t + 1, position + 1, -1 do
    rawset(t, i, rawget(t, i - 1))
  end
  rawset(t, position, (select(2, ...)))
end

local function removed(t, ...)
  mutable(t)
  local position = far_place(t, (...))
  if not position or position < 1 then
    return remove(t, ...)
  end
  local last, value = #t, rawget(t, position)
  for i = position, last - 1 do
    rawset(t, i, rawget(t, i + 1))
  end
  rawset(t, last, nil)
  return value
end

local foreach, foreachi, maxn = table.foreach, table.foreachi, table.maxn

local function each(...)
  local t, f = ...
  if type(t) ~= 'table' or type(f) ~= 'function' then
    return foreach(...)
  end
  for k, v in next, originals[t] or t do
    local result = f(k, v)
    if result ~= nil then
      return result
    end
  end
end

local function each_element(...)
  local t, f = ...
  if type(t) ~= 'table' or type(f) ~= 'function' then
    return foreachi(...)
  end
  for i = 1, #t do
    local result = f(i, rawget(t, i))
    if result ~= nil then
      return result
    end
  end
end

variables.table = library(table, {
  insert = guarded('insert', insert, inserted),
  remove = guarded('elements', remove, removed),
  sort = sorted,
  setn = function(...)
    mutable((...))
    return setn(...)
  end,
  foreach = each,
  foreachi = each_element,
  maxn = function(...)
    native.tick()
    return maxn(...)
  end,
})

-- Returns an argument as a number; an error is that of the call so many levels up.
local function number(level, name, argument, ...)
  local value = ...
  if type(value) == 'number' then
    return value
  end
  local converted = tonumber(value)
  if converted then
    return converted
  end
  error('bad argument #' .. argument .. " to '" .. name .. "' (number expected, got " .. found(...) .. ')', level)
end

local random, seed = native.random, native.seed

-- Raises the error of arguments for which there is no random number.
local function fail_random(...)
  local count = select('#', ...)
  if count > 2 then
    error('wrong number of arguments', 3)
  end
  for i = 1, count do
    number(4, 'random', i, select(i, ...))
  end
  error('bad argument #' .. count .. " to 'random' (interval is empty)", 3)
end

variables.math = library(math, {
  random = function(...)
    return random(...) or fail_random(...)
  end,
  randomseed = function(...)
    seed(number(3, 'randomseed', 1, ...))
  end,
})

local create, wrap, before_coroutine = coroutine.create, coroutine.wrap, native.before_coroutine

variables.coroutine = library(coroutine, {
  create = function(...)
    before_coroutine()
    return create(...)
  end,
  wrap = function(...)
    before_coroutine()
    return wrap(...)
  end,
})

-- The 32-bit operations of the library BitOp.

-- A function that tries a primitive of two numbers on its arguments, which returns nothing for any
-- others; those take the slow way.
local function two(operation, slow)
  return function(...)
    return operation(...) or slow(...)
  end
end

local bit_and = native.bit_and

local CALL_LEVEL = 3 + GUARD_LEVELS

local function unary(name, operation, other)
  return guarded('unary', name, function(...)
    return operation((...), other) or operation(number(CALL_LEVEL, name, 1, ...), other)
  end)
end

local function fold(name, operation)
  return guarded('binary', name, two(operation, function(...)
    local result = bit_and(number(CALL_LEVEL + 1, name, 1, ...), -1)
    for i = select('#', ...), 2, -1 do -- the order in which BitOp finds errors
      result = operation(result, number(CALL_LEVEL + 1, name, i, (select(i, ...))))
    end
    return result
  end))
end

local function binary(name, operation)
  return guarded('binary', name, two(operation, function(...)
    local first = number(CALL_LEVEL + 1, name, 1, ...)
    return operation(first, number(CALL_LEVEL + 1, name, 2, select(2, ...)))
  end))
end

variables.bit = protect({
  tobit = unary('tobit', bit_and, -1),
  bnot = unary('bnot', native.bit_xor, -1),
  bswap = unary('bswap', native.bit_swap, 0),
  band = fold('band', bit_and),
  bor = fold('bor', native.bit_or),
  bxor = fold('bxor', native.bit_xor),
  lshift = binary('lshift', native.bit_left),
  rshift = binary('rshift', native.bit_right),
  arshift = binary('arshift', native.bit_signed_right),
  rol = binary('rol', native.bit_rotate_left),
  ror = binary('ror', native.bit_rotate_right),
  tohex = function(...)
    local value = bit_and(number(3, 'tohex', 1, ...), -1)
    local digits = select('#', ...) > 1 and bit_and(number(3, 'tohex', 2, select(2, ...)), -1) or 8
    local form = '%08x'
    if digits < 0 then
      digits = -digits
      form = '%08X'
    end
    if value < 0 then
      value = value + 4294967296
    end
    return digits == 0 and '' or sub(format(form, value), -(digits > 8 and 8 or digits))
  end,
})

-- Global variables: scripts see them, and can make none.

setmetatable(variables, {
  __index = function(_, name)
    error("Script attempted to access nonexistent global variable '" .. tostring(name) .. "'", 2)
  end,
})
local world_meta = {__index = variables, __newindex = refuse, __metatable = false}
local world = setmetatable({}, world_meta)
shared.world_meta = world_meta
originals[world] = variables
variables._G = world
shared.world = world

-- What an error says of the place it came from: the innermost line of the user's own code.

function shared.error_handler(problem)
  local call = user_call()
  if type(problem) ~= 'table' then
    local text = without_own_place(tostring(problem))
    if call and text ~= problem and type(problem) == 'string' then
      text = call.short_src .. ':' .. call.currentline .. ': ' .. text
    end
    problem = {err = 'ERR ' .. text}
  end
  if call and rawget(problem, 'source') == nil then
    rawset(problem, 'source', call.source)
    rawset(problem, 'line', call.currentline)
  end
  return problem
end
variables.__redis__err__handler = shared.error_handler

setfenv(0, world)
