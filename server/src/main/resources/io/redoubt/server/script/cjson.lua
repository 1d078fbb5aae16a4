-- The library 'cjson': JSON as lua-cjson 2.1 reads and writes it.

local native, shared = ...
local null = native.null
local error, type, tonumber, tostring, next, pcall, rawget, select = error, type, tonumber, tostring, next, pcall, rawget, select
local byte, char, find, format, gsub, sub = string.byte, string.char, string.find, string.format, string.gsub, string.sub
local concat, floor = table.concat, math.floor
local huge = math.huge

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
  number_format = '%.14g',
}

-- Those of the instance that is at work.
local settings = DEFAULTS

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

-- Encoding.

local escapes = {
  ['"'] = '\\"', ['\\'] = '\\\\', ['/'] = '\\/', ['\b'] = '\\b',
  ['\f'] = '\\f', ['\n'] = '\\n', ['\r'] = '\\r', ['\t'] = '\\t', ['\127'] = '\\u007f',
}
for i = 0, 31 do
  local c = char(i)
  escapes[c] = escapes[c] or format('\\u%04x', i)
end

-- A function of Lua's own cannot be interrupted: longer texts are worked on in pieces.
local MAX_PIECE_BYTES = 65536
local ESCAPED = '[%z\1-\31"\\/\127]'

local function quoted(text)
  if #text <= MAX_PIECE_BYTES then
    return '"' .. gsub(text, ESCAPED, escapes) .. '"'
  end
  local parts = {}
  for at = 1, #text, MAX_PIECE_BYTES do
    parts[#parts + 1] = gsub(sub(text, at, at + MAX_PIECE_BYTES - 1), ESCAPED, escapes)
  end
  return '"' .. concat(parts) .. '"'
end

local function refuse(kind, problem)
  error('Cannot serialise ' .. kind .. ': ' .. problem, 0)
end

local function number(value)
  if value ~= value or value == huge or value == -huge then
    if settings.encode_invalid == 'null' then
      return 'null'
    elseif not settings.encode_invalid then
      refuse('number', 'must not be NaN or Inf')
    end
    return value ~= value and 'nan' or value > 0 and 'inf' or '-inf'
  end
  return format(settings.number_format, value)
end

-- The length of a table that is an array; nil when it is none.
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
  if
    settings.sparse_ratio > 0
    and highest > count * settings.sparse_ratio
    and highest > settings.sparse_safe
  then
    if not settings.sparse_convert then
      refuse('table', 'excessively sparse array')
    end
    return nil
  end
  return highest
end

local append

local function append_table(out, t, depth)
  if depth > settings.encode_depth then
    error('Cannot serialise, excessive nesting (' .. depth .. ')', 0)
  end
  local length = array_length(t)
  if length and length > 0 then
    out[#out + 1] = '['
    for i = 1, length do
      if i > 1 then
        out[#out + 1] = ','
      end
      append(out, rawget(t, i), depth)
    end
    out[#out + 1] = ']'
    return
  end
  out[#out + 1] = '{'
  local first = true
  for k, v in next, t do
    if not first then
      out[#out + 1] = ','
    end
    first = false
    if type(k) == 'string' then
      out[#out + 1] = quoted(k)
    elseif type(k) == 'number' then
      out[#out + 1] = '"' .. number(k) .. '"'
    else
      refuse('table', 'table key must be a number or string')
    end
    out[#out + 1] = ':'
    append(out, v, depth)
  end
  out[#out + 1] = '}'
end

function append(out, value, depth)
  local kind = type(value)
  if kind == 'string' then
    out[#out + 1] = quoted(value)
  elseif kind == 'number' then
    out[#out + 1] = number(value)
  elseif kind == 'boolean' then
    out[#out + 1] = value and 'true' or 'false'
  elseif kind == 'table' then
    append_table(out, value, depth + 1)
  elseif kind == 'nil' or value == null then
    out[#out + 1] = 'null'
  else
    refuse(kind, 'type not supported')
  end
end

-- Decoding.

local function unexpected(text, at, expected)
  local found
  local c = sub(text, at, at)
  if at > #text then
    found = 'T_END'
  elseif c == '{' then
    found = 'T_OBJ_BEGIN'
  elseif c == '}' then
    found = 'T_OBJ_END'
  elseif c == '[' then
    found = 'T_ARR_BEGIN'
  elseif c == ']' then
    found = 'T_ARR_END'
  elseif c == '"' then
    found = 'T_STRING'
  elseif c == ',' then
    found = 'T_COMMA'
  elseif c == ':' then
    found = 'T_COLON'
  elseif find(c, '[%d%-]') then
    found = 'T_NUMBER'
  elseif find(text, '^true', at) or find(text, '^false', at) then
    found = 'T_BOOLEAN'
  elseif find(text, '^null', at) then
    found = 'T_NULL'
  else
    found = 'invalid token'
  end
  error('Expected ' .. expected .. ' but found ' .. found .. ' at character ' .. at, 0)
end

local patterns_find = shared.patterns.find
local MAX_BLANKS = 64

local function blank(text, at)
  for i = at, at + MAX_BLANKS do
    local c = byte(text, i)
    if c ~= 32 and c ~= 10 and c ~= 13 and c ~= 9 then
      return c and i or #text + 1
    end
  end
  return (patterns_find(text, '[^ \t\r\n]', at)) or #text + 1
end

-- Finds the end of a run that a text may have without limit: by Lua's own function while a quote,
-- where the search ends, is near.
local function find_near(text, pattern, at, quote)
  if quote and quote - at <= MAX_PIECE_BYTES then
    return find(text, pattern, at)
  end
  return (patterns_find(text, pattern, at))
end

local unescapes = {
  ['"'] = '"', ['\\'] = '\\', ['/'] = '/', b = '\b', f = '\f', n = '\n', r = '\r', t = '\t',
}

local function utf8(code)
  if code < 0x80 then
    return char(code)
  elseif code < 0x800 then
    return char(0xc0 + floor(code / 0x40), 0x80 + code % 0x40)
  elseif code < 0x10000 then
    return char(0xe0 + floor(code / 0x1000), 0x80 + floor(code / 0x40) % 0x40, 0x80 + code % 0x40)
  end
  return char(
    0xf0 + floor(code / 0x40000),
    0x80 + floor(code / 0x1000) % 0x40,
    0x80 + floor(code / 0x40) % 0x40,
    0x80 + code % 0x40
  )
end

local function invalid(what, at)
  error('Expected value but found ' .. what .. ' at character ' .. at, 0)
end

-- The code of the escape \uXXXX at a place, and the place after it.
local function unicode(text, at)
  local _, last, digits = find(text, '^\\u(%x%x%x%x)', at)
  if not last then
    return nil
  end
  return tonumber(digits, 16), last + 1
end

local function read_string(text, at)
  local quote = find(text, '"', at + 1, true)
  local last = find_near(text, '["\\%z\1-\31]', at + 1, quote)
  if last and byte(text, last) == 34 then
    return sub(text, at + 1, last - 1), last + 1
  end
  local parts = {}
  at = at + 1
  while true do
    if quote and quote < at then
      quote = find(text, '"', at, true)
    end
    local stop = find_near(text, '["\\%z\1-\31]', at, quote)
    if not stop then
      invalid('unexpected end of string', #text + 1)
    end
    parts[#parts + 1] = sub(text, at, stop - 1)
    local c = byte(text, stop)
    if c == 34 then
      return concat(parts), stop + 1
    elseif c ~= 92 then
      invalid('invalid token', stop)
    end
    local escape = sub(text, stop + 1, stop + 1)
    if unescapes[escape] then
      parts[#parts + 1] = unescapes[escape]
      at = stop + 2
    elseif escape == 'u' then
      local code, after = unicode(text, stop)
      if not code then
        invalid('invalid unicode escape code', stop)
      end
      if code >= 0xd800 and code < 0xe000 then
        local low, later = unicode(text, after)
        if code >= 0xdc00 or not low or low < 0xdc00 or low >= 0xe000 then
          invalid('invalid unicode escape code', stop)
        end
        code = 0x10000 + (code - 0xd800) * 0x400 + low - 0xdc00
        after = later
      end
      parts[#parts + 1] = utf8(code)
      at = after
    else
      invalid('invalid escape code', stop)
    end
  end
end

-- Each step is a single run: a pattern with several would take the square of the digits.
local function read_number(text, at)
  local c = byte(text, at)
  if not c or c ~= 45 and (c < 48 or c > 57) then
    return nil
  end
  local _, last = find(text, '^-?%d+%.?%d*', at)
  if not last then
    return nil
  end
  c = byte(text, last + 1)
  if c == 101 or c == 69 then
    local _, exponent = find(text, '^[eE][+-]?%d+', last + 1)
    last = exponent or last
  elseif (c == 120 or c == 88) and settings.decode_invalid then
    local _, hexadecimal = find(text, '^-?0[xX]%x+', at)
    last = hexadecimal or last
  end
  return tonumber(sub(text, at, last)), last + 1
end

local WORDS = {{'^true', true}, {'^false', false}, {'^null', null}}
local NOT_FINITE = {{'^[Nn][Aa][Nn]', -(0 / 0)}, {'^[Ii]nfinity', huge}, {'^[Ii][Nn][Ff]', huge},
  {'^-[Ii]nfinity', -huge}, {'^-[Ii][Nn][Ff]', -huge}}

local function word(text, at, words)
  for i = 1, #words do
    local _, last = find(text, words[i][1], at)
    if last then
      return true, words[i][2], last + 1
    end
  end
  return false
end

local read

local function deeper(depth, at)
  if depth + 1 > settings.decode_depth then
    error('Found too many nested data structures (' .. depth + 1 .. ') at character ' .. at, 0)
  end
  return depth + 1
end

local function read_array(text, at, depth)
  depth = deeper(depth, at)
  local result = {}
  at = blank(text, at + 1)
  if byte(text, at) == 93 then
    return result, at + 1
  end
  local n = 0
  while true do
    n = n + 1
    result[n], at = read(text, at, depth)
    at = blank(text, at)
    local c = byte(text, at)
    if c == 93 then
      return result, at + 1
    elseif c ~= 44 then
      unexpected(text, at, 'comma or array end')
    end
    at = blank(text, at + 1)
  end
end

local function read_object(text, at, depth)
  depth = deeper(depth, at)
  local result = {}
  at = blank(text, at + 1)
  if byte(text, at) == 125 then
    return result, at + 1
  end
  while true do
    if byte(text, at) ~= 34 then
      unexpected(text, at, 'object key string')
    end
    local key
    key, at = read_string(text, at)
    at = blank(text, at)
    if byte(text, at) ~= 58 then
      unexpected(text, at, 'colon')
    end
    result[key], at = read(text, blank(text, at + 1), depth)
    at = blank(text, at)
    local c = byte(text, at)
    if c == 125 then
      return result, at + 1
    elseif c ~= 44 then
      unexpected(text, at, 'comma or object end')
    end
    at = blank(text, at + 1)
  end
end

function read(text, at, depth)
  local c = byte(text, at)
  if c == 34 then
    return read_string(text, at)
  elseif c == 123 then
    return read_object(text, at, depth)
  elseif c == 91 then
    return read_array(text, at, depth)
  end
  local value, after = read_number(text, at)
  if after then
    return value, after
  end
  local found
  found, value, after = word(text, at, WORDS)
  if not found and settings.decode_invalid then
    found, value, after = word(text, at, NOT_FINITE)
  end
  if not found then
    unexpected(text, at, 'value')
  end
  return value, after
end

-- The library.

local raising = shared.raising

local function encode(value)
  local out = {}
  append(out, value, 0)
  return concat(out)
end

local function decode(text)
  local value, at = read(text, blank(text, 1), 0)
  at = blank(text, at)
  if at <= #text then
    unexpected(text, at, 'the end')
  end
  return value
end

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

  local precision = bounded('encode_number_precision', 'precision', 1, 14)

  return {
    _NAME = 'cjson',
    _VERSION = '2.1.0',
    null = null,
    new = instance,
    encode = function(...)
      if select('#', ...) ~= 1 then
        error("bad argument #1 to 'encode' (expected 1 argument)", 2)
      end
      settings = own
      return raising(pcall(encode, (...)))
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
      settings = own
      return raising(pcall(decode, text))
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
    encode_number_precision = function(...)
      local result = precision(...)
      own.number_format = '%.' .. result .. 'g'
      return result
    end,
    encode_keep_buffer = switch('encode_keep_buffer', 'keep_buffer', {}),
    encode_invalid_numbers = switch('encode_invalid_numbers', 'encode_invalid', {null = true}),
    decode_invalid_numbers = switch('decode_invalid_numbers', 'decode_invalid', {}),
  }
end

shared.variables.cjson = shared.protect(instance())
