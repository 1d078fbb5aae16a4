-- The library 'cjson': JSON as lua-cjson 2.1 reads and writes it.

local native, shared = ...
local null = native.null
local error, type, tostring, next, select = error, type, tostring, next, select
local json_encode, json_decode = native.json_encode, native.json_decode

local DEFAULTS = {
  sparse_convert = false,
  sparse_ratio = 2,
  sparse_safe = 10,
  encode_depth = 1000,
  decode_depth = 1000,
  precision = 14,
  keep_buffer = true,
  encode_invalid = false,
  decode_invalid = true,
}

local function range(name, value, low, high)
  if type(value) ~= 'number' or value < low or value > high then
    error("bad argument #1 to '" .. name .. "' (expected integer between " .. low .. ' and ' .. high .. ')', 3)
  end
  return value
end

local function at_most(count, name, ...)
  if select('#', ...) > count then
    error('bad argument #' .. count + 1 .. " to '" .. name .. "' (found too many arguments)", 3)
  end
  return ...
end

-- Options are booleans or words; 'on' and 'off' stand for booleans.
local function option(name, value, words)
  if type(value) == 'boolean' then
    return value
  end
  if type(value) ~= 'string' and type(value) ~= 'number' then
    error("bad argument #1 to '" .. name .. "' (string expected, got " .. type(value) .. ')', 3)
  end
  if value == 'on' or value == 'off' then
    return value == 'on'
  end
  if not words[value] then
    error("bad argument #1 to '" .. name .. "' (invalid option '" .. value .. "')", 3)
  end
  return value
end

local raising = shared.raising

-- The library; each that cjson.new makes has settings of its own.
local function instance()
  local own = {}
  for key, value in next, DEFAULTS do
    own[key] = value
  end

  local function switch(name, field, words)
    return function(...)
      local value = at_most(1, name, ...)
      if value ~= nil then
        own[field] = option(name, value, words)
      end
      return own[field]
    end
  end

  local function bounded(name, field, low, high)
    return function(...)
      local value = at_most(1, name, ...)
      if value ~= nil then
        own[field] = range(name, value, low, high)
      end
      return own[field]
    end
  end

  return {
    _NAME = 'cjson',
    _VERSION = '2.1.0',
    null = null,
    new = instance,
    encode = function(...)
      if select('#', ...) ~= 1 then
        error("bad argument #1 to 'encode' (expected 1 argument)", 2)
      end
      local invalid = own.encode_invalid == 'null' and 1 or own.encode_invalid and 2 or 0
      return raising(
        json_encode((...), own.encode_depth, own.sparse_convert, own.sparse_ratio, own.sparse_safe, own.precision, invalid)
      )
    end,
    decode = function(...)
      local text = ...
      if select('#', ...) ~= 1 then
        error("bad argument #1 to 'decode' (expected 1 argument)", 2)
      end
      if type(text) == 'number' then
        text = tostring(text)
      end
      if type(text) ~= 'string' then
        error("bad argument #1 to 'decode' (string expected, got " .. type(text) .. ')', 2)
      end
      return raising(json_decode(text, own.decode_depth, own.decode_invalid))
    end,
    encode_sparse_array = function(...)
      local convert, ratio, safe = at_most(3, 'encode_sparse_array', ...)
      if convert ~= nil then
        own.sparse_convert = option('encode_sparse_array', convert, {})
      end
      if ratio ~= nil then
        own.sparse_ratio = range('encode_sparse_array', ratio, 0, 2147483647)
      end
      if safe ~= nil then
        own.sparse_safe = range('encode_sparse_array', safe, 0, 2147483647)
      end
      return own.sparse_convert, own.sparse_ratio, own.sparse_safe
    end,
    encode_max_depth = bounded('encode_max_depth', 'encode_depth', 1, 2147483647),
    decode_max_depth = bounded('decode_max_depth', 'decode_depth', 1, 2147483647),
    encode_number_precision = bounded('encode_number_precision', 'precision', 1, 14),
    encode_keep_buffer = switch('encode_keep_buffer', 'keep_buffer', {}),
    encode_invalid_numbers = switch('encode_invalid_numbers', 'encode_invalid', {null = true}),
    decode_invalid_numbers = switch('decode_invalid_numbers', 'decode_invalid', {}),
  }
end

shared.variables.cjson = shared.protect(instance())
