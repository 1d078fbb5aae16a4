-- The library 'cmsgpack': MessagePack as lua-cmsgpack reads and writes it.

local native, shared = ...
local error, type, next, pcall, select, tostring = error, type, next, pcall, select, tostring
local byte, char, sub = string.byte, string.char, string.sub
local concat, floor = table.concat, math.floor
local unpack = unpack

local MAX_NESTING = 16

local function big_endian(value, size)
  local parts = {}
  for i = size, 1, -1 do
    local b = value % 256
    parts[i] = char(b)
    value = (value - b) / 256
  end
  return concat(parts)
end

local function append_float(out, value)
  local short = shared.float.bytes(value, 4, false)
  if shared.float.read(short, 1, 4, false) == value then
    out[#out + 1] = '\202' .. short
  else
    out[#out + 1] = '\203' .. shared.float.bytes(value, 8, false)
  end
end

local function append_integer(out, n)
  local text
  if n >= 0 then
    if n <= 127 then
      text = char(n)
    elseif n <= 0xff then
      text = '\204' .. char(n)
    elseif n <= 0xffff then
      text = '\205' .. big_endian(n, 2)
    elseif n <= 0xffffffff then
      text = '\206' .. big_endian(n, 4)
    else
      text = '\207' .. big_endian(n, 8)
    end
  elseif n >= -32 then
    text = char(256 + n)
  elseif n >= -128 then
    text = '\208' .. char(256 + n)
  elseif n >= -32768 then
    text = '\209' .. big_endian(n + 0x10000, 2)
  elseif n >= -2147483648 then
    text = '\210' .. big_endian(n + 0x100000000, 4)
  else
    text = '\211' .. big_endian(n, 8)
  end
  out[#out + 1] = text
end

local function append_string(out, text)
  local n = #text
  if n < 32 then
    out[#out + 1] = char(0xa0 + n)
  elseif n <= 0xff then
    out[#out + 1] = '\217' .. char(n)
  elseif n <= 0xffff then
    out[#out + 1] = '\218' .. big_endian(n, 2)
  else
    out[#out + 1] = '\219' .. big_endian(n, 4)
  end
  out[#out + 1] = text
end

local function append_head(out, n, short, medium, long)
  if n <= 15 then
    out[#out + 1] = char(short + n)
  elseif n <= 0xffff then
    out[#out + 1] = medium .. big_endian(n, 2)
  else
    out[#out + 1] = long .. big_endian(n, 4)
  end
end

-- The length of a table whose keys are 1 to that number; nil for another one.
local function array_length(t)
  local highest, count = 0, 0
  for k in next, t do
    if type(k) ~= 'number' or k <= 0 or k ~= floor(k) then
      return nil
    end
    if k > highest then
      highest = k
    end
    count = count + 1
  end
  return highest == count and count or nil
end

local function append(out, value, level)
  local kind = type(value)
  if kind == 'table' and level == MAX_NESTING then
    kind = 'nil'
  end
  if kind == 'string' then
    append_string(out, value)
  elseif kind == 'boolean' then
    out[#out + 1] = value and '\195' or '\194'
  elseif kind == 'number' then
    if value == floor(value) and value >= -2 ^ 63 and value < 2 ^ 63 then
      append_integer(out, value)
    else
      append_float(out, value)
    end
  elseif kind == 'table' then
    local length = array_length(value)
    if length then
      append_head(out, length, 0x90, '\220', '\221')
      for i = 1, length do
        append(out, value[i], level + 1)
      end
    else
      local pairs_count = 0
      for _ in next, value do
        pairs_count = pairs_count + 1
      end
      append_head(out, pairs_count, 0x80, '\222', '\223')
      for k, v in next, value do
        append(out, k, level + 1)
        append(out, v, level + 1)
      end
    end
  else
    out[#out + 1] = '\192'
  end
end

local function missing()
  error('Missing bytes in input.', 0)
end

local function bad_format()
  error('Bad data format in input.', 0)
end

local function unsigned(text, at, size)
  if at + size - 1 > #text then
    missing()
  end
  local value = 0
  for i = at, at + size - 1 do
    value = value * 256 + byte(text, i)
  end
  return value
end

local function signed(text, at, size)
  local value = unsigned(text, at, size)
  local half = 2 ^ (8 * size - 1)
  if size == 8 then
    -- Beyond 53 bits a sum would be rounded before the sign is taken off.
    local high, low = unsigned(text, at, 4), unsigned(text, at + 4, 4)
    if high >= 2 ^ 31 then
      high = high - 2 ^ 32
    end
    return high * 2 ^ 32 + low
  end
  return value >= half and value - 2 * half or value
end

local read

local function read_array(text, at, count)
  local result = {}
  for i = 1, count do
    result[i], at = read(text, at)
  end
  return result, at
end

local function read_map(text, at, count)
  local result = {}
  for _ = 1, count do
    local key, value
    key, at = read(text, at)
    value, at = read(text, at)
    if key == nil or key ~= key then
      bad_format()
    end
    result[key] = value
  end
  return result, at
end

local function read_bytes(text, at, length)
  if at + length - 1 > #text then
    missing()
  end
  return sub(text, at, at + length - 1), at + length
end

local function read_float(text, at, size)
  if at + size - 1 > #text then
    missing()
  end
  return shared.float.read(text, at, size, false), at + size
end

function read(text, at)
  local mark = byte(text, at)
  if not mark then
    missing()
  end
  at = at + 1
  if mark <= 0x7f then
    return mark, at
  elseif mark >= 0xe0 then
    return mark - 256, at
  elseif mark <= 0x8f then
    return read_map(text, at, mark - 0x80)
  elseif mark <= 0x9f then
    return read_array(text, at, mark - 0x90)
  elseif mark <= 0xbf then
    return read_bytes(text, at, mark - 0xa0)
  elseif mark == 0xc0 then
    return nil, at
  elseif mark == 0xc2 then
    return false, at
  elseif mark == 0xc3 then
    return true, at
  elseif mark >= 0xc4 and mark <= 0xc6 then
    local size = 2 ^ (mark - 0xc4)
    return read_bytes(text, at + size, unsigned(text, at, size))
  elseif mark == 0xca then
    return read_float(text, at, 4)
  elseif mark == 0xcb then
    return read_float(text, at, 8)
  elseif mark >= 0xcc and mark <= 0xcf then
    local size = 2 ^ (mark - 0xcc)
    return unsigned(text, at, size), at + size
  elseif mark >= 0xd0 and mark <= 0xd3 then
    local size = 2 ^ (mark - 0xd0)
    return signed(text, at, size), at + size
  elseif mark >= 0xd9 and mark <= 0xdb then
    local size = 2 ^ (mark - 0xd9)
    return read_bytes(text, at + size, unsigned(text, at, size))
  elseif mark == 0xdc or mark == 0xdd then
    local size = mark == 0xdc and 2 or 4
    return read_array(text, at + size, unsigned(text, at, size))
  elseif mark == 0xde or mark == 0xdf then
    local size = mark == 0xde and 2 or 4
    return read_map(text, at + size, unsigned(text, at, size))
  end
  bad_format()
end

local raising = shared.raising

local function pack(...)
  local count = select('#', ...)
  if count == 0 then
    error("bad argument #0 to 'pack' (MessagePack pack needs input.)", 0)
  end
  local out = {}
  for i = 1, count do
    append(out, (select(i, ...)), 0)
  end
  return concat(out)
end

local function unpack_some(text, limit, offset, told)
  if type(text) ~= 'string' then
    error("bad argument #1 to 'unpack' (string expected, got " .. (text == nil and 'no value' or type(text)) .. ')', 0)
  end
  if limit < 0 or offset < 0 then
    error('Invalid request to unpack with offset of ' .. offset .. ' and limit of ' .. #text .. '.', 0)
  elseif offset > #text then
    error('Start offset ' .. offset .. ' greater than input length ' .. #text .. '.', 0)
  end
  local results, n, at = {}, 0, offset + 1
  while at <= #text and (limit == 0 or n < limit) do
    n = n + 1
    results[n], at = read(text, at)
  end
  if told then
    return (at > #text and -1 or at - 1), unpack(results, 1, n)
  end
  return unpack(results, 1, n)
end

shared.variables.cmsgpack = shared.protect({
  _NAME = 'cmsgpack',
  _VERSION = 'lua-cmsgpack 0.4.0',
  pack = function(...)
    return raising(pcall(pack, ...))
  end,
  unpack = function(text)
    return raising(pcall(unpack_some, text, 0, 0, false))
  end,
  unpack_one = function(text, offset)
    return raising(pcall(unpack_some, text, 1, offset or 0, true))
  end,
  unpack_limit = function(text, limit, offset)
    return raising(pcall(unpack_some, text, limit, offset or 0, true))
  end,
})
