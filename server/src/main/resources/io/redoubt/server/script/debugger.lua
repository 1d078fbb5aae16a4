-- The debugger of scripts, loaded when it is first used: a hook that is called for each line of the
-- script, and at a stop takes commands. What it tells is what redis-cli --ldb expects.

local native, shared = ...
local debug, compile = shared.debug_library, shared.compile
local getinfo, getlocal, sethook = debug.getinfo, debug.getlocal, debug.sethook
local create, resume = shared.coroutine_library.create, shared.coroutine_library.resume
local run, tell = native.run, native.debugger_tells
local format, sub, gsub, byte = string.format, string.sub, string.gsub, string.byte
local concat, floor = table.concat, math.floor

local SCRIPT = '@user_script'
local INSTRUCTIONS = 10000
local EVENTS_BETWEEN_TICKS = 200
local CONTEXT_LINES = 5
local MAX_BREAKPOINTS = 64
local MAX_DEPTH = 10
local KEPT_BYTES = 256
local FEWEST_KEPT_BYTES = 60

local lines = {}
local breakpoints = {}
local breakpoint_count = 0
local stepping = false
local breakpoint_called = false
local current_line = 0
local events = 0
local kept_bytes = KEPT_BYTES
local hinted = false

-- Values as text.

local ESCAPES = {
  ['\\'] = '\\\\', ['"'] = '\\"', ['\n'] = '\\n', ['\r'] = '\\r', ['\t'] = '\\t', ['\a'] = '\\a', ['\b'] = '\\b',
}

local function quoted(text)
  return '"' .. gsub(text, '[%c\\"\127-\255]', function(c)
    return ESCAPES[c] or format('\\x%02x', byte(c))
  end) .. '"'
end

local shown

local function shown_table(t, depth)
  local elements, fields, is_array, expected = {}, {}, true, 1
  for key, value in pairs(t) do
    is_array = is_array and key == expected
    expected = expected + 1
    local text = shown(value, depth + 1)
    elements[#elements + 1] = text
    fields[#fields + 1] = '[' .. shown(key, depth + 1) .. ']=' .. text
  end
  return '{' .. concat(is_array and elements or fields, '; ') .. '}'
end

function shown(value, depth)
  depth = depth or 0
  local kind = type(value)
  if depth == MAX_DEPTH then
    return '<max recursion level reached! Nested table?>'
  elseif kind == 'string' then
    return quoted(value)
  elseif kind == 'number' then
    return tostring(value)
  elseif kind == 'table' then
    return shown_table(value, depth)
  elseif kind == 'boolean' or kind == 'nil' then
    return tostring(value)
  end
  return '"' .. (gsub(tostring(value), ': ', '@')) .. '"'
end

-- A long value is cut, unless the user wants all of it.
local function tell_value(text)
  if kept_bytes > 0 and #text > kept_bytes then
    tell(sub(text, 1, kept_bytes) .. ' ...')
    if not hinted then
      hinted = true
      tell("<hint> The above reply was trimmed. Use 'maxlen 0' to disable trimming.")
    end
  else
    tell(text)
  end
end

local function shown_reply(reply)
  if type(reply) == 'table' then
    if reply.ok then
      return quoted('+' .. reply.ok)
    elseif reply.err then
      return quoted('-' .. reply.err)
    elseif reply.double then
      return '(double) ' .. format('%.17g', reply.double)
    elseif reply.map then
      local parts = {}
      for key, value in pairs(reply.map) do
        parts[#parts + 1] = shown_reply(key) .. ' => ' .. shown_reply(value)
      end
      return '{' .. concat(parts, ',') .. '}'
    elseif reply.set then
      local parts = {}
      for element in pairs(reply.set) do
        parts[#parts + 1] = shown_reply(element)
      end
      return '~(' .. concat(parts, ',') .. ')'
    end
    local parts = {}
    for i = 1, #reply do
      parts[i] = shown_reply(reply[i])
    end
    return '[' .. concat(parts, ',') .. ']'
  elseif reply == false or reply == nil then
    return 'NULL'
  elseif type(reply) == 'number' then
    return format('%.0f', reply)
  elseif reply == true then
    return '#true'
  end
  return quoted(reply)
end

-- Commands that the script calls are shown while it goes step by step.
local function traced(...)
  if not stepping then
    return run(...)
  end
  local words = {}
  for i = 1, select('#', ...) do
    words[i] = tostring((select(i, ...)))
  end
  tell_value('<redis> ' .. concat(words, ' '))
  local reply, failed = run(...)
  if failed and sub(reply.err, 1, 4) == 'ERR ' then
    tell('<error> ' .. sub(reply.err, 5))
  else
    tell_value('<reply> ' .. shown_reply(reply))
  end
  return reply, failed
end

-- The source.

local function split(text)
  local result = {}
  for line in string.gmatch(text .. '\n', '(.-)\n') do
    result[#result + 1] = line
  end
  while result[#result] == '' do
    result[#result] = nil
  end
  return result
end

local function tell_line(number)
  local text = lines[number]
  if not text then
    text = '<out of range source code line>'
  end
  local mark = breakpoints[number] and '#' or ' '
  local prefix = number == current_line and '->' .. mark or '  ' .. mark
  tell(format('%s%-3d ', prefix, number) .. text)
end

local function list(around, context)
  for number = 1, #lines do
    if around == 0 or (number >= around - context and number <= around + context) then
      tell_line(number)
    end
  end
end

-- Commands.

local on_event

-- The level of the frame that has stopped, as the caller counts levels.
local function stopped_level()
  local level = 1
  while getinfo(level, 'f').func ~= on_event do
    level = level + 1
  end
  return level
end

local function local_named(name)
  for level = stopped_level(), 1000 do
    if not getinfo(level, 'f') then
      return false
    end
    local i, found, value = 1, false, nil
    local n, v = getlocal(level, i)
    while n do
      if n == name then
        found, value = true, v
      end
      i = i + 1
      n, v = getlocal(level, i)
    end
    if found then
      return true, value
    end
  end
end

local function print_all()
  local level, any = stopped_level(), false
  for i = 1, 250 do
    local name, value = getlocal(level, i)
    if not name then
      break
    elseif name ~= '(*temporary)' then
      tell_value('<value> ' .. name .. ' = ' .. shown(value))
      any = true
    end
  end
  if not any then
    tell('No local variables in the current context.')
  end
end

local function print_value(name)
  local found, value = local_named(name)
  if not found and (name == 'KEYS' or name == 'ARGV') then
    found, value = true, shared.variables[name]
  end
  if found then
    tell_value('<value> ' .. shown(value))
  else
    tell('No such variable.')
  end
end

local function change_breakpoint(word)
  local number = string.match(word, '^-?%d+$') and tonumber(word)
  if not number then
    return tell("Invalid argument:'" .. word .. "'")
  elseif number == 0 then
    breakpoints, breakpoint_count = {}, 0
    return tell('All breakpoints removed.')
  elseif number < 0 then
    if not breakpoints[-number] then
      return tell('No breakpoint in the specified line.')
    end
    breakpoints[-number] = nil
    breakpoint_count = breakpoint_count - 1
    return tell('Breakpoint removed.')
  elseif not lines[number] then
    return tell('Wrong line number.')
  elseif not breakpoints[number] then
    if breakpoint_count == MAX_BREAKPOINTS then
      return tell('Too many breakpoints set.')
    end
    breakpoints[number] = true
    breakpoint_count = breakpoint_count + 1
  end
  list(number, 1)
end

local function change_breakpoints(words)
  if #words > 1 then
    for i = 2, #words do
      change_breakpoint(words[i])
    end
    return
  end
  if breakpoint_count == 0 then
    return tell("No breakpoints set. Use 'b <line>' to add one.")
  end
  tell(format('%d breakpoints set:', breakpoint_count))
  for number = 1, #lines do
    if breakpoints[number] then
      tell_line(number)
    end
  end
end

local function trace()
  for level = stopped_level(), 1000 do
    local info = getinfo(level, 'Snl')
    if not info then
      return
    end
    if info.source == SCRIPT then
      tell((level == stopped_level() and 'In ' or 'From ') .. (info.name or 'top level') .. ':')
      tell_line(info.currentline)
    end
  end
end

-- In a coroutine, for there it can be interrupted.
local function evaluate(code)
  local chunk, problem = compile('return ' .. code, '@ldb_eval')
  if not chunk then
    chunk, problem = compile(code, '@ldb_eval')
  end
  if not chunk then
    return tell('<error> ' .. problem)
  end
  local thread = create(chunk)
  sethook(thread, native.tick, '', INSTRUCTIONS)
  local done, result = resume(thread)
  if done then
    tell_value('<retval> ' .. shown(result))
  else
    tell('<error> ' .. (type(result) == 'table' and tostring(result.err) or tostring(result)))
  end
end

local function call(words)
  stepping = true
  traced(unpack(words, 2))
  stepping = false
end

local function change_kept(word)
  local number = tonumber(word)
  if number then
    kept_bytes = number > 0 and number < FEWEST_KEPT_BYTES and FEWEST_KEPT_BYTES or number
  end
  if kept_bytes > 0 then
    tell(format('<value> replies are truncated at %d bytes.', kept_bytes))
  else
    tell('<value> replies are unlimited.')
  end
end

local HELP = {
  'Commands of the debugger, of which the first letter will do:',
  'step, next           Runs the current line and stops at the next.',
  'continue             Runs up to the next breakpoint.',
  'list [line [ctx]]    Shows the lines around one, by default the current one.',
  'whole                Shows the whole script.',
  'print [variable]     Shows a local variable, KEYS or ARGV; all local ones.',
  'break [line...]      Shows the breakpoints, or sets some; -line removes one,',
  '                     0 all of them.',
  'trace                Shows by which calls the current line was reached.',
  'eval code            Runs Lua code, which does not see local variables.',
  'redis command        Runs a command of the server.',
  'maxlen [bytes]       Up to what length values are shown; 0: all of them.',
  'abort                Ends the script. What it has changed remains so.',
  'The script itself can call redis.debug(value...), which shows values, and',
  'redis.breakpoint(), after which it stops.',
}

local function is(word, name)
  return word == name or word == sub(name, 1, 1)
end

local function number_of(word, otherwise)
  return floor(tonumber(word) or otherwise)
end

-- Does a command; returns whether the script goes on by it.
local function obey(words)
  local word, count = string.lower(words[1]), #words
  if is(word, 'help') then
    for i = 1, #HELP do
      tell(HELP[i])
    end
  elseif is(word, 'step') or is(word, 'next') then
    stepping = true
    return true
  elseif is(word, 'continue') then
    return true
  elseif is(word, 'list') then
    local around = number_of(words[2], current_line)
    list(around == 0 and current_line or around, number_of(words[3], CONTEXT_LINES))
  elseif is(word, 'whole') then
    list(0, 0)
  elseif is(word, 'print') and count == 2 then
    print_value(words[2])
  elseif is(word, 'print') then
    print_all()
  elseif is(word, 'break') then
    change_breakpoints(words)
  elseif is(word, 'trace') then
    trace()
  elseif is(word, 'eval') then
    evaluate(concat(words, ' ', 2))
  elseif is(word, 'redis') and count > 1 then
    call(words)
  elseif is(word, 'maxlen') then
    change_kept(words[2])
  elseif is(word, 'abort') then
    error('script aborted for user request', 0)
  else
    tell('<error> Unknown Redis Lua debugger command or wrong number of arguments.')
  end
  return false
end

local function stop(reason)
  stepping, breakpoint_called = false, false
  tell('* Stopped at ' .. current_line .. ', stop reason = ' .. reason)
  tell_line(current_line)
  repeat
    local words = native.debugger_command()
    if not words then
      breakpoints, breakpoint_count = {}, 0
      native.tick()
      return false
    end
  until obey(words)
  return true
end

-- The instructions of this function count too, so that most counts end in it and are not told of;
-- but each turn of a loop is an event of its line.
function on_event(event, line)
  events = events + 1
  local overdue = false
  if event == 'count' or events % EVENTS_BETWEEN_TICKS == 0 then
    native.tick()
    overdue = not stepping and native.debugger_waits_long()
  end
  local info = getinfo(2, 'Sl')
  if info.source ~= SCRIPT or (event == 'count' and not overdue) then
    return
  end
  current_line = info.currentline
  local reason = nil
  if overdue then
    reason = 'timeout reached, infinite loop?'
  elseif breakpoint_called then
    reason = 'redis.breakpoint() called'
  elseif breakpoints[line] then
    reason = 'break point'
  elseif stepping then
    reason = 'step over'
  end
  if reason and not stop(reason) and overdue then
    error('timeout during Lua debugging with client closing connection', 0)
  end
end

-- What scripts call.

local function breakpoint()
  breakpoint_called = true
  return true
end

local function show(...)
  local values = {}
  for i = 1, select('#', ...) do
    values[i] = shown((select(i, ...)))
  end
  tell('<debug> line ' .. current_line .. ': ' .. concat(values, ', '))
end

-- Begins to debug a script with this text, or ends it.
function shared.debug(text)
  lines = split(text or '')
  breakpoints, breakpoint_count = {}, 0
  kept_bytes, hinted = KEPT_BYTES, false
  stepping, breakpoint_called = text ~= nil, false
  events = 0 -- a tick before the engine knows of the hook would replace it
  if text then
    shared.traces(traced, breakpoint, show)
    sethook(on_event, 'l', INSTRUCTIONS)
  else
    shared.traces(nil)
    sethook()
  end
end
