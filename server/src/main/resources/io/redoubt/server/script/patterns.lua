-- The functions of patterns. Lua's own cannot be interrupted, and a pattern with several repetitions
-- takes a time that is a power of the text's length. So they are asked only where that is little; else
-- the matcher of the primitives is.

local native, shared = ...

local MAX_PATTERN_BYTES = 4096
local MAX_KEPT_PATTERN_BYTES = 128
local MAX_KEPT_PATTERNS = 256

-- What Lua's own matcher may do at one blow, in steps: less than a millisecond.
local MAX_STEPS = 100000

-- How the primitive is to take a pattern.
local PLAIN, SEARCHED, ITERATED = 0, 1, 2

local error, type, select, tostring, tonumber, next = error, type, select, tostring, tonumber, next
local find, match, gmatch, gsub = string.find, string.match, string.gmatch, string.gsub
local sub, byte, floor, concat = string.sub, string.byte, math.floor, table.concat
local search, tick, grant, revoke = native.match, native.tick, native.grant, native.revoke

-- A guard is machine code that calls a function of Lua if its arguments are certainly harmless, and
-- otherwise a wrapper in Lua. Then it is a level between the wrapper and its caller.
local guard = native.guard
local GUARD_LEVELS = guard and 1 or 0
shared.GUARD_LEVELS = GUARD_LEVELS

-- Returns a function that calls a function of Lua or a wrapper; the wrapper where there are no guards.
function shared.guarded(kind, original, wrapper)
  return guard and guard(kind, original, wrapper) or wrapper
end

local SPECIAL = '[%^%$%*%+%?%.%(%[%%%-]'

-- Steps of a call that is too short to be charged.
local FREE_STEPS = 1500

-- The length of the longest text in which a pattern with that many repetitions stays below the steps.
local function longest(steps, repetitions)
  return floor(steps ^ (1 / (repetitions + 1)))
end

-- By pattern: the longest text for Lua's own matcher, and the longest one that is not charged.
local limits, free_lengths, kept_count = {}, {}, 0

local function limit(pattern)
  local known = limits[pattern]
  if known then
    return known
  end
  if #pattern > MAX_KEPT_PATTERN_BYTES then
    return -1 -- Lua's own matcher recurses once per repetition, even in an empty text
  end
  -- Escaped characters and sets, such as a range with its minus, repeat nothing.
  local bare = gsub(pattern, '%%.', 'x')
  bare = gsub(bare, '%[%^?%]?[^%]]*%]', 'x')
  local _, repetitions = gsub(bare, '[%*%+%-%?]', '')
  local _, others = gsub(pattern, '%%[%db]', '')
  -- One at the end is content with what it gets first.
  if find(bare, '[%*%+%-%?]%)?$') then
    repetitions = repetitions - 1
  end
  if kept_count == MAX_KEPT_PATTERNS then
    revoke()
    limits, free_lengths, kept_count = {}, {}, 0
  end
  known = longest(MAX_STEPS, repetitions + others)
  local free = longest(FREE_STEPS, repetitions + others)
  free_lengths[pattern] = free -- first, in case there is no memory for the other
  limits[pattern] = known
  kept_count = kept_count + 1
  grant(pattern, free) -- the table keeps the pattern in memory
  return known
end

-- Calls of Lua's own matcher are a single instruction each. Their cost is charged here, so that a
-- loop of them comes to its tick in time.
local CREDIT = 1000
local CALLBACK_COST, OUTPUT_COST = 50, 10
local credit = CREDIT

local function charge(cost)
  credit = credit - cost
  if credit < 0 then
    credit = CREDIT
    tick()
  end
end

-- The functions below first ask free_lengths, in place, as guards ask the grants: to call a Lua
-- function would cost as much as the match.

local function is_light(text, pattern)
  if type(text) ~= 'string' or type(pattern) ~= 'string' then
    return true
  end
  local most, length = limit(pattern), #text
  if length > most then
    return false
  end
  if length > free_lengths[pattern] then
    charge(#pattern)
  end
  return true
end

-- A number is a text in Lua's own functions, too.
local function as_text(value)
  return type(value) == 'number' and tostring(value) or value
end

local function modest(pattern)
  if #pattern > MAX_PATTERN_BYTES then
    error('pattern too complex', 3 + GUARD_LEVELS)
  end
end

-- Passes on what the primitive has found.
local function found(first, ...)
  if first == false then
    error((...), 3 + GUARD_LEVELS)
  end
  return first, ...
end

local function start(text, init)
  if init ~= nil and not tonumber(init) then
    find('', '', init) -- raises the error
  end
  init = tonumber(init) or 1
  if init ~= init then
    return 1
  end
  init = init < 0 and #text + init + 1 or init
  return init < 1 and 1 or init > #text + 1 and #text + 1 or floor(init)
end

local patterns = {}
shared.patterns = patterns

local function has_special(pattern)
  if #pattern > MAX_PATTERN_BYTES then
    return search(pattern, SPECIAL, 1, SEARCHED)
  end
  return find(pattern, SPECIAL)
end

function patterns.find(text, pattern, init, plain)
  local free = free_lengths[pattern]
  if free and type(text) == 'string' and #text <= free then
    return find(text, pattern, init, plain)
  end
  text, pattern = as_text(text), as_text(pattern)
  if is_light(text, pattern) then
    return find(text, pattern, init, plain)
  end
  if plain or not has_special(pattern) then
    return search(text, pattern, start(text, init), PLAIN)
  end
  modest(pattern)
  return found(search(text, pattern, start(text, init), SEARCHED))
end

-- What string.match returns: the captures, or the whole.
local function captured(text, first, last, ...)
  if first == false then
    error(last, 3 + GUARD_LEVELS)
  elseif first == nil then
    return nil
  elseif select('#', ...) == 0 then
    return sub(text, first, last)
  end
  return ...
end

function patterns.match(text, pattern, init)
  local free = free_lengths[pattern]
  if free and type(text) == 'string' and #text <= free then
    return match(text, pattern, init)
  end
  text, pattern = as_text(text), as_text(pattern)
  if is_light(text, pattern) then
    return match(text, pattern, init)
  end
  modest(pattern)
  return captured(text, search(text, pattern, start(text, init), SEARCHED))
end

function patterns.gmatch(text, pattern)
  local free = free_lengths[pattern]
  if free and type(text) == 'string' and #text <= free then
    return gmatch(text, pattern)
  end
  text, pattern = as_text(text), as_text(pattern)
  if is_light(text, pattern) then
    return gmatch(text, pattern)
  end
  modest(pattern)
  local place = 1
  local function advance(first, last, ...)
    if first then
      place = last < first and last + 2 or last + 1
    end
    return captured(text, first, last, ...)
  end
  return function()
    if place > #text + 1 then
      return nil
    end
    return advance(search(text, pattern, place, ITERATED))
  end
end

local patterns_gsub

-- A replacement in which %1 stands for what has been captured.
local function filled(replacement, whole, ...)
  if not find(replacement, '%', 1, true) then
    return replacement
  end
  local captures = {...}
  return (patterns_gsub(replacement, '%%(.?)', function(mark)
    if not find(mark, '%d') then
      return mark == '' and '\0' or mark
    elseif mark == '0' or mark == '1' and #captures == 0 then
      return whole
    end
    local capture = captures[tonumber(mark)]
    if capture == nil then
      error('invalid capture index', 8)
    end
    return tostring(capture)
  end))
end

local function replaced(replacement, whole, ...)
  local kind = type(replacement)
  local result
  if kind == 'function' then
    if select('#', ...) == 0 then
      result = replacement(whole)
    else
      result = replacement(...)
    end
  elseif kind == 'table' then
    local key = ...
    if select('#', ...) == 0 then
      key = whole
    end
    result = replacement[key]
  else
    return filled(replacement, whole, ...)
  end
  if not result then
    return whole
  elseif type(result) ~= 'string' and type(result) ~= 'number' then
    error('invalid replacement value (a ' .. type(result) .. ')', 4)
  end
  return result
end

local REPLACEMENTS = {string = true, number = true, table = true, ['function'] = true}

-- Lua's own function may write that many bytes at one blow.
local MAX_OUTPUT_BYTES = 1000000

-- A longer replacement in a free text is charged.
local MAX_FREE_REPLACEMENT_BYTES = 64

local function is_light_output(text, replacement)
  if type(text) ~= 'string' then
    return true
  elseif type(replacement) ~= 'string' then
    if #text > 100 then
      charge(CALLBACK_COST)
    end
    return true
  end
  local output = (#text + 1) * #replacement
  if output > MAX_OUTPUT_BYTES / 64 then
    charge(OUTPUT_COST)
  end
  return output <= MAX_OUTPUT_BYTES
end

function patterns.gsub(text, pattern, replacement, max_count)
  local free = free_lengths[pattern]
  if
    free
    and type(text) == 'string'
    and #text <= free
    and type(replacement) == 'string'
    and #replacement <= MAX_FREE_REPLACEMENT_BYTES
  then
    return gsub(text, pattern, replacement, max_count)
  end
  text, pattern, replacement = as_text(text), as_text(pattern), as_text(replacement)
  if
    type(pattern) ~= 'string'
    or not REPLACEMENTS[type(replacement)]
    or is_light(text, pattern) and is_light_output(text, replacement)
  then
    return gsub(text, pattern, replacement, max_count)
  end
  modest(pattern)
  if max_count ~= nil and not tonumber(max_count) then
    gsub('', '', '', max_count) -- raises the error
  end
  local most = floor(tonumber(max_count) or #text + 1)
  local anchored = byte(pattern) == 94
  local parts, count, place = {}, 0, 1

  local function replace(first, last, ...)
    if first == false then
      error(last, 3)
    elseif not first then
      return false
    end
    count = count + 1
    parts[#parts + 1] = sub(text, place, first - 1)
    parts[#parts + 1] = replaced(replacement, sub(text, first, last), ...)
    if last < first then
      parts[#parts + 1] = sub(text, first, first)
      place = first + 1
    else
      place = last + 1
    end
    return not anchored
  end

  while count < most and place <= #text + 1 do
    if not replace(search(text, pattern, place, SEARCHED)) then
      break
    end
  end
  parts[#parts + 1] = sub(text, place)
  return concat(parts), count
end

patterns_gsub = patterns.gsub

local guarded = shared.guarded
patterns.find = guarded('pattern', find, patterns.find)
patterns.match = guarded('pattern', match, patterns.match)
patterns.gmatch = guarded('pattern', gmatch, patterns.gmatch)
patterns.gsub = guarded('replace', gsub, patterns.gsub)
patterns.gfind = patterns.gmatch
