-- The library 'struct': packing values into bytes and taking them out, by Roberto Ierusalimschy's
-- format: < > = ! s b B h H l L T i I (with sizes) f d x c s and spaces.

local native, shared = ...
local error, pcall, type, tonumber, tostring, select = error, pcall, type, tonumber, tostring, select
local byte, char, find, match, rep, reverse, sub = string.byte, string.char, string.find, string.match, string.rep, string.reverse, string.sub
local concat, floor = table.concat, math.floor
local frexp, ldexp, huge = math.frexp, math.ldexp, math.huge
local unpack = unpack

local NATIVE_ALIGNMENT = 8
local MAX_INTEGER_BYTES = 32
local MAX_DIGITS = 64

local calling

local function bad(argument, message)
  error("bad argument #" .. argument .. " to '" .. calling .. "' (" .. message .. ')', 0)
end

-- The state of reading a format: its text, the place in it, byte order and alignment.
local function start(text)
  if type(text) ~= 'string' then
    bad(1, 'string expected, got ' .. (text == nil and 'no value' or type(text)))
  end
  return {text = text, at = 1, little = true, align = 1}
end

local function digits(state, default)
  local _, last, found = find(sub(state.text, state.at, state.at + MAX_DIGITS), '^(%d+)')
  if not last then
    return default
  end
  last = last + state.at - 1
  local n = tonumber(found)
  if n > 2147483647 then
    error('integral size overflow', 0)
  end
  state.at = last + 1
  return n
end

local SIZES = {b = 1, B = 1, h = 2, H = 2, l = 8, L = 8, T = 8, f = 4, d = 8, x = 1}

-- The next option and its size; nil at the end.
local function option(state)
  local c = sub(state.text, state.at, state.at)
  if c == '' then
    return nil
  end
  state.at = state.at + 1
  if SIZES[c] then
    return c, SIZES[c]
  elseif c == 'c' then
    return c, digits(state, 1)
  elseif c == 'i' or c == 'I' then
    local size = digits(state, 4)
    if size > MAX_INTEGER_BYTES then
      error('integral size ' .. size .. ' is larger than limit of ' .. MAX_INTEGER_BYTES, 0)
    end
    return c, size
  end
  return c, 0
end

-- What an option does to the state alone; true when it was such a one.
local function control(state, c)
  if c == ' ' then
    return true
  elseif c == '>' then
    state.little = false
  elseif c == '<' or c == '=' then
    state.little = true
  elseif c == '!' then
    local align = digits(state, NATIVE_ALIGNMENT)
    local _, exponent = frexp(align)
    if align == 0 or ldexp(1, exponent - 1) ~= align then
      error('alignment ' .. align .. ' is not a power of 2', 0)
    end
    state.align = align
  else
    bad(1, "invalid format option '" .. c .. "'")
  end
  return true
end

-- How many bytes stand before a value so that it is aligned.
local function padding(state, c, size, done)
  if size == 0 or c == 'c' or c == 'x' then
    return 0
  end
  local align = size > state.align and state.align or size
  if align <= 1 then
    return 0
  end
  return (align - done % align) % align
end

local function integer_bytes(value, size, little)
  if value < 0 then
    value = value >= 0 and floor(value) or -floor(-value)
  else
    value = floor(value)
  end
  local parts = {}
  for i = 1, size do
    local b
    if i <= 8 then
      b = value % 256
      value = (value - b) / 256
    else
      b = 0
    end
    parts[i] = char(b)
  end
  local text = concat(parts)
  return little and text or reverse(text)
end

local function integer(text, at, size, little, signed)
  local value = 0
  local limit = size > 8 and 8 or size
  for i = limit, 1, -1 do
    local b = byte(text, little and at + i - 1 or at + size - i)
    if i == limit and signed and b >= 128 then
      b = b - 256
    end
    value = value * 256 + b
  end
  return value
end

-- IEEE 754: exponent and fraction have so many bits.
local function float_bytes(value, size, little)
  local exponent_bits = size == 4 and 8 or 11
  local fraction_bits = size == 4 and 23 or 52
  local bias = ldexp(1, exponent_bits - 1) - 1
  local sign = 0
  if value < 0 or (value == 0 and 1 / value < 0) then
    sign = 1
    value = -value
  end
  local exponent, fraction
  if value ~= value then
    exponent, fraction, sign = 2 * bias + 1, ldexp(1, fraction_bits - 1), 1
  elseif value == huge then
    exponent, fraction = 2 * bias + 1, 0
  elseif value == 0 then
    exponent, fraction = 0, 0
  else
    local m, e = frexp(value)
    exponent = e + bias - 1
    if exponent <= 0 then
      fraction = ldexp(m, fraction_bits + exponent)
      exponent = 0
    else
      fraction = ldexp(m * 2 - 1, fraction_bits)
    end
    -- To the nearest, and to the even one between two.
    local whole = floor(fraction)
    local rest = fraction - whole
    if rest > 0.5 or (rest == 0.5 and whole % 2 == 1) then
      whole = whole + 1
    end
    fraction = whole
    if fraction >= ldexp(1, fraction_bits) then
      fraction = 0
      exponent = exponent + 1
    end
    if exponent >= 2 * bias + 1 then
      exponent, fraction = 2 * bias + 1, 0
    end
  end
  local parts = {}
  local whole_bytes = floor(fraction_bits / 8)
  for i = 1, whole_bytes do
    local b = fraction % 256
    parts[i] = char(b)
    fraction = (fraction - b) / 256
  end
  local rest_bits = fraction_bits - whole_bytes * 8
  local rest = fraction + (exponent + sign * ldexp(1, exponent_bits)) * ldexp(1, rest_bits)
  for i = whole_bytes + 1, size do
    local b = rest % 256
    parts[i] = char(b)
    rest = (rest - b) / 256
  end
  local text = concat(parts)
  return little and text or reverse(text)
end

local function float(text, at, size, little)
  local bytes = sub(text, at, at + size - 1)
  if little then
    bytes = reverse(bytes)
  end
  local exponent_bits = size == 4 and 8 or 11
  local fraction_bits = size == 4 and 23 or 52
  local bias = ldexp(1, exponent_bits - 1) - 1
  local first, second = byte(bytes, 1, 2)
  local sign = first >= 128 and -1 or 1
  local head_bits = 16 - 1 - exponent_bits
  local head = (first % 128) * 256 + second
  local exponent = floor(head / ldexp(1, head_bits))
  local fraction = head % ldexp(1, head_bits)
  for i = 3, size do
    fraction = fraction * 256 + byte(bytes, i)
  end
  if exponent == 2 * bias + 1 then
    return fraction == 0 and sign * huge or 0 / 0
  elseif exponent == 0 then
    return sign * ldexp(fraction, 1 - bias - fraction_bits)
  end
  return sign * ldexp(1 + ldexp(fraction, -fraction_bits), exponent - bias)
end

local float_form = {bytes = float_bytes, read = float}
shared.float = float_form

local function number_argument(index, value)
  local number = tonumber(value)
  if not number then
    bad(index, 'number expected, got ' .. (value == nil and 'no value' or type(value)))
  end
  return number
end

local function pack(form, ...)
  local state = start(form)
  local out, done, index = {}, 0, 1
  local function put(text)
    out[#out + 1] = text
    done = done + #text
  end
  while true do
    local c, size = option(state)
    if not c then
      return concat(out)
    end
    put(rep('\0', padding(state, c, size, done)))
    if find(c, '[bBhHlLTiI]') then
      index = index + 1
      put(integer_bytes(number_argument(index, (select(index - 1, ...))), size, state.little))
    elseif c == 'x' then
      put('\0')
    elseif c == 'f' or c == 'd' then
      index = index + 1
      put(float_bytes(number_argument(index, (select(index - 1, ...))), size, state.little))
    elseif c == 'c' or c == 's' then
      index = index + 1
      local text = select(index - 1, ...)
      if type(text) == 'number' then
        text = tostring(text)
      end
      if type(text) ~= 'string' then
        bad(index, 'string expected, got ' .. (text == nil and 'no value' or type(text)))
      end
      if c == 's' then
        put(text .. '\0')
      else
        size = size == 0 and #text or size
        if #text < size then
          bad(index, 'string too short')
        end
        put(sub(text, 1, size))
      end
    else
      control(state, c)
    end
  end
end

local function unpack_from(form, data, position)
  local state = start(form)
  if type(data) ~= 'string' then
    bad(2, 'string expected, got ' .. (data == nil and 'no value' or type(data)))
  end
  local at = position == nil and 1 or number_argument(3, position)
  if at < 1 then
    bad(3, 'offset must be 1 or greater')
  end
  local results, n = {}, 0
  while true do
    local c, size = option(state)
    if not c then
      n = n + 1
      results[n] = at
      return unpack(results, 1, n)
    end
    at = at + padding(state, c, size, at - 1)
    if at + size - 1 > #data then
      bad(2, 'data string too short')
    end
    local value
    local found = true
    if find(c, '[bBhHlLTiI]') then
      value = integer(data, at, size, state.little, find(c, '[bhli]') ~= nil)
    elseif c == 'f' or c == 'd' then
      value = float(data, at, size, state.little)
    elseif c == 'c' then
      if size == 0 then
        size = results[n]
        if type(size) ~= 'number' then
          error("format 'c0' needs a previous size", 0)
        end
        results[n] = nil
        n = n - 1
        if size < 0 or at + size - 1 > #data then
          bad(2, 'data string too short')
        end
      end
      value = sub(data, at, at + size - 1)
    elseif c == 's' then
      local stop = find(data, '\0', at, true)
      if not stop then
        error('unfinished string in data', 0)
      end
      size = stop - at + 1
      value = sub(data, at, stop - 1)
    else
      found = false
      if c ~= 'x' then
        control(state, c)
      end
    end
    if found then
      n = n + 1
      results[n] = value
    end
    at = at + size
  end
end

local function size_of(form)
  local state = start(form)
  local done = 0
  while true do
    local c, size = option(state)
    if not c then
      return done
    end
    if c == 's' then
      bad(1, "option 's' has no fixed size")
    elseif c == 'c' and size == 0 then
      bad(1, "option 'c0' has no fixed size")
    end
    done = done + padding(state, c, size, done) + size
    if not SIZES[c] and not find(c, '[ciI]') then
      control(state, c)
    end
  end
end

local function exported(name, f)
  return function(...)
    calling = name
    return shared.raising(pcall(f, ...))
  end
end

shared.variables.struct = shared.protect({
  pack = exported('pack', pack),
  unpack = exported('unpack', unpack_from),
  size = exported('size', size_of),
})
