-- The library 'cmsgpack': MessagePack as lua-cmsgpack reads and writes it.

local native, shared = ...
local error, type, select, tonumber, tostring = error, type, select, tonumber, tostring
local fmod = math.fmod

local raising = shared.raising

local function pack(...)
  if select('#', ...) == 0 then
    return false, "bad argument #0 to 'pack' (MessagePack pack needs input.)"
  end
  return native.pack(...)
end

-- An argument cut to an integer of 64 bits, or the default if it is missing.
local function number(position, name, default, ...)
  local value = ...
  if value == nil and default then
    return default
  end
  local result = type(value) ~= 'boolean' and tonumber(value)
  if not result then
    local found = select('#', ...) == 0 and 'no value' or type(value)
    error('bad argument #' .. position .. " to '" .. name .. "' (number expected, got " .. found .. ')', 3)
  end
  if result ~= result or result >= 2 ^ 63 or result < -2 ^ 63 then
    return -2 ^ 63
  end
  return result - fmod(result, 1)
end

local function unpack_some(name, limit, offset, ...)
  local text = ...
  if type(text) == 'number' then
    text = tostring(text)
  end
  if type(text) ~= 'string' then
    local found = select('#', ...) == 0 and 'no value' or type(text)
    return false, "bad argument #1 to '" .. name .. "' (string expected, got " .. found .. ')'
  end
  if limit < 0 or offset < 0 then
    return false, 'Invalid request to unpack with offset of ' .. shared.as_int(offset) .. ' and limit of ' .. #text .. '.'
  elseif offset > #text then
    return false, 'Start offset ' .. shared.as_int(offset) .. ' greater than input length ' .. #text .. '.'
  end
  return native.unpack(text, limit, offset)
end

shared.variables.cmsgpack = shared.protect({
  _NAME = 'cmsgpack',
  _VERSION = 'lua-cmsgpack 0.4.0',
  _COPYRIGHT = 'Copyright (C) 2012, Salvatore Sanfilippo',
  _DESCRIPTION = 'MessagePack C implementation for Lua',
  pack = function(...)
    return raising(pack(...))
  end,
  unpack = function(...)
    return raising(unpack_some('unpack', 0, 0, ...))
  end,
  unpack_one = function(...)
    return raising(unpack_some('unpack_one', 1, number(2, 'unpack_one', 0, select(2, ...)), ...))
  end,
  unpack_limit = function(...)
    local limit = number(2, 'unpack_limit', nil, select(2, ...))
    return raising(unpack_some('unpack_limit', limit, number(3, 'unpack_limit', 0, select(3, ...)), ...))
  end,
})
