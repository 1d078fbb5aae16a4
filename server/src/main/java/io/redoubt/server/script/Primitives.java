package io.redoubt.server.script;

import io.redoubt.protocol.bytes.ByteString;
import io.redoubt.protocol.bytes.Doubles;
import io.redoubt.protocol.bytes.Numbers;
import io.redoubt.protocol.resp.ReplyCollector;
import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.protocol.resp.Request;
import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.RegionFull;
import io.redoubt.server.memory.SlabBuffers;
import io.redoubt.server.memory.Slabs;
import java.lang.foreign.MemorySegment;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The Java functions on which the prelude is built. None raises an error: a failure is returned,
 * and the prelude raises it.
 */
final class Primitives implements AutoCloseable {

  /** Longer numbers are not written. */
  private static final int NUMBER_BYTES = 32;

  private static final int MAX_NUMBERS_KEPT = 64;

  private static final int COMMANDS_PER_CLOCK_READING = 8;
  private static final long TICK_NANOS = 20_000_000;

  /** The length from which hashing a text is slow enough for a tick of its own. */
  private static final int LONG_TEXT_BYTES = 1 << 16;

  /**
   * The maximum ratio between the size of Lua values and the reply's; small elements have the
   * highest.
   */
  private static final long REPLY_FACTOR = 24;

  private final LuaState lua;
  private final LuaValues values;
  private final Slabs slabs;
  private final String version;
  private final boolean deprecatedApi;
  private final PatternPrimitives patterns;
  private final FormatPrimitives formats;
  private final ErrorTexts errors;
  private final Guards guards;
  private final SortPrimitives sorts = new SortPrimitives();
  private final Request request = new Request();

  private final ReplyCollector collector;
  private final ReplyWriter reply;
  private final MessageDigest sha1;
  private @Nullable ScriptHost runner;
  private @Nullable FunctionConsumer registering;

  // A buffer for arguments that are numbers.
  private long numbers;
  private int numbersRoom;

  private long random = INITIAL;
  private final LongSupplier nanoTime;
  private int commands;
  private long tickedNanos;

  Primitives(
      LuaState lua,
      LuaValues values,
      Slabs slabs,
      LongSupplier nanoTime,
      String version,
      boolean deprecatedApi) {
    this.lua = lua;
    this.version = version;
    this.deprecatedApi = deprecatedApi;
    this.values = values;
    this.slabs = slabs;
    this.nanoTime = nanoTime;
    collector = new ReplyCollector(new SlabBuffers(slabs));
    reply = new ReplyWriter(collector);
    patterns = new PatternPrimitives(lua);
    formats = new FormatPrimitives(lua, slabs);
    errors = new ErrorTexts(lua);
    guards = new Guards(lua, slabs);
    try {
      sha1 = MessageDigest.getInstance("SHA-1");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every Java platform has it
    }
  }

  /** Pushes a table of all primitives on the main stack. */
  void push() {
    long state = lua.main();
    Lua.newTable(state, 0, 16);
    define("run", this::run);
    define("sha1hex", this::sha1hex);
    define("log", this::log);
    define("setresp", this::setresp);
    define("propagate", this::propagate);
    define("may_run", this::mayRun);
    define("random", this::random);
    define("seed", this::seed);
    new BitPrimitives(lua).define();
    define("replace_tail_calls", Primitives::replaceTailCalls);
    define("sets_globals", Primitives::setsGlobals);
    define("register", this::register);
    define("match", patterns::match);
    define("caught", errors::caught);
    define("without_own_place", errors::withoutOwnPlace);
    define("grant", guards::grant);
    define("revoke", guards::revoke);
    if (guards.exist()) {
      define("guard", guards::guard);
    }
    define("json_encode", formats::jsonEncode);
    define("json_decode", formats::jsonDecode);
    define("pack", formats::pack);
    define("unpack", formats::unpack);
    define("struct_pack", formats::structPack);
    define("struct_unpack", formats::structUnpack);
    define("struct_size", formats::structSize);
    define("rep", this::rep);
    define("has_long_string", SortPrimitives::hasLongString);
    define("sort_numbers", sorts::sortNumbers);
    define("is_same_code", SortPrimitives::isSameCode);
    define("tick", this::tick);
    define("is_interrupted", this::isInterrupted);
    define("before_coroutine", this::beforeCoroutine);
    define("debugger_command", this::debuggerCommand);
    define("debugger_tells", this::debuggerTells);
    define("debugger_waits_long", this::debuggerWaitsLong);
    lua.pushText(state, "version");
    lua.pushText(state, version);
    Lua.rawSet(state, -3);
    lua.pushText(state, "version_number");
    Lua.pushNumber(state, number(version));
    Lua.rawSet(state, -3);
    lua.pushText(state, "deprecated_api");
    Lua.pushBoolean(state, deprecatedApi ? 1 : 0);
    Lua.rawSet(state, -3);
    lua.pushText(state, "null");
    Lua.pushAddress(state, 0);
    Lua.rawSet(state, -3);
  }

  /** Encodes a version: 7.2.6 as 0x00070206. */
  private static int number(String version) {
    int number = 0;
    for (String part : version.split("\\.", -1)) {
      number = number << 8 | Integer.parseInt(part);
    }
    return number;
  }

  private void define(String name, LuaState.Function function) {
    lua.pushText(lua.main(), name);
    lua.push(running -> guarded(function, running));
    Lua.rawSet(lua.main(), -3);
  }

  /** Calls a function without the memory limit, which applies to Lua's own code only. */
  private int guarded(LuaState.Function function, long state) {
    boolean limited = lua.heap().limited(false);
    try {
      return function.call(state);
    } catch (RegionFull full) {
      Lua.setTop(state, 0);
      return outOfMemory(state, full);
    } catch (RuntimeException | OutOfMemoryError | StackOverflowError fault) {
      Lua.setTop(state, 0);
      lua.pushText(state, "ERR internal error: " + fault);
      Lua.pushBoolean(state, 1);
      return 2;
    } finally {
      lua.heap().limited(limited);
    }
  }

  private int outOfMemory(long state, RegionFull full) {
    try {
      lua.heap().require(0);
    } catch (OutOfMemoryError none) {
      LuaValues.pushOutOfMemory(state);
      Lua.pushBoolean(state, 1);
      return 2;
    }
    return failed(state, "OOM command not allowed: " + full.shortage().text() + ".");
  }

  /** Starts a script; its calls go to the given runner. */
  void begin(ScriptHost forScript) {
    runner = forScript;
    reply.setResp(2);
  }

  /** Starts loading a library; its functions are registered with the given consumer. */
  void begin(FunctionConsumer forLibrary) {
    registering = forLibrary;
  }

  /** Finishes loading a library. */
  void endLibrary() {
    registering = null;
  }

  /** Receives the functions registered by a library. */
  interface FunctionConsumer {

    /**
     * Registers a function.
     *
     * @param flags the flags, separated by commas
     * @return the reference under which to keep the function, or 0 if the name is taken
     */
    int register(String name, @Nullable String description, String flags);
  }

  /**
   * register(name, description or nil, flags): returns the reference under which to keep the
   * function; nil if none can be registered now, 0 if the name is taken.
   */
  private int register(long state) {
    FunctionConsumer consumer = registering;
    if (consumer == null) {
      Lua.pushNil(state);
      return 1;
    }
    String description = Lua.type(state, 2) == Lua.STRING ? lua.text(state, 2).toString() : null;
    String flags = lua.text(state, 3).toString();
    Lua.pushNumber(state, consumer.register(lua.text(state, 1).toString(), description, flags));
    return 1;
  }

  /** Finishes a script. */
  void end() {
    runner = null;
  }

  /** Returns true if the script has selected RESP3. */
  boolean isResp3() {
    return reply.resp() == 3;
  }

  private ScriptHost runner() {
    ScriptHost current = runner;
    if (current == null) {
      throw new IllegalStateException("no script is running");
    }
    return current;
  }

  /**
   * run(word, ...): runs a command. Returns its reply, and true if it is an error; or nil and an
   * error message about the words.
   */
  private int run(long state) {
    if (runner == null) {
      return failed(state, "ERR redis.call/pcall can only be called inside a script invocation");
    }
    String wrong = compose(state);
    if (wrong != null) {
      return failed(state, wrong);
    }
    collector.clear();
    runner().run(request, reply);
    tickAfterLongCommands(state);
    Lua.setTop(state, 0); // leaves the stack to the reply
    long start = collector.start();
    if (collector.length() == 0) {
      Lua.pushNil(state);
      return 1;
    }
    lua.heap().require(collector.length() * REPLY_FACTOR);
    try {
      values.push(state, start);
    } catch (LuaValues.StackLimitException e) {
      Lua.setTop(state, 0);
      return failed(state, "ERR reached lua stack limit");
    }
    if (Region.getByte(start) == '-') {
      Lua.pushBoolean(state, 1);
      return 2;
    }
    return 1;
  }

  /** Ticks in time if each instruction runs a slow command. */
  private void tickAfterLongCommands(long state) {
    commands++;
    if (commands % COMMANDS_PER_CLOCK_READING == 0) {
      long now = nanoTime.getAsLong();
      if (now - tickedNanos > TICK_NANOS) {
        tickedNanos = now;
        lua.tick(state);
      }
    }
  }

  private int failed(long state, String message) {
    Lua.newTable(state, 0, 3);
    lua.pushText(state, "err");
    lua.pushText(state, message);
    Lua.rawSet(state, -3);
    Lua.pushBoolean(state, 1);
    return 2;
  }

  /** Converts the stack to the words of the request; returns an error message if that fails. */
  private @Nullable String compose(long state) {
    int count = Lua.top(state);
    if (count == 0) {
      return "ERR Please specify at least one argument for this redis lib call";
    }
    request.compose(Region.MEMORY);
    ensureNumbers(count);
    long value = LuaStack.first(state);
    long number = numbers;
    for (int i = 0; i < count; i++) {
      switch (LuaStack.typeAt(value)) {
        case Lua.STRING -> {
          long string = LuaStack.stringAt(value);
          request.argument(LuaStack.bytesOf(string), LuaStack.lengthOf(string));
        }
        case Lua.NUMBER -> {
          request.argument(number, write(number, LuaStack.numberAt(value)));
          number += NUMBER_BYTES;
        }
        default -> {
          return "ERR Lua redis lib command arguments must be strings or integers";
        }
      }
      value += LuaStack.VALUE_BYTES;
    }
    return null;
  }

  private static int write(long at, double number) {
    return number == 0 // -0 as well, which Redis casts to an integer
        ? Numbers.writeLong(Region.MEMORY, at, 0)
        : Doubles.write(Region.MEMORY, at, number);
  }

  private void ensureNumbers(int count) {
    if (count > numbersRoom) {
      freeNumbers();
      numbersRoom = Math.max(count, MAX_NUMBERS_KEPT);
      numbers = slabs.allocateFar((long) numbersRoom * NUMBER_BYTES);
    }
  }

  private void freeNumbers() {
    if (numbersRoom > 0) {
      slabs.free(numbers, (long) numbersRoom * NUMBER_BYTES);
      numbersRoom = 0;
    }
  }

  /** sha1hex(string). */
  private int sha1hex(long state) {
    MemorySegment text = Region.MEMORY.asSlice(lua.bytes(state, 1), LuaState.length(state, 1));
    sha1.update(text.asByteBuffer());
    byte[] sum = sha1.digest();
    if (LuaState.length(state, 1) > LONG_TEXT_BYTES) {
      lua.tick(state);
    }
    lua.pushText(state, HexFormat.of().formatHex(sum));
    return 1;
  }

  /** log(level, message). */
  private int log(long state) {
    if (runner != null) {
      runner().log((int) Lua.integer(state, 1), lua.text(state, 2));
    }
    return 0;
  }

  /** setresp(version). */
  private int setresp(long state) {
    reply.setResp((int) Lua.integer(state, 1));
    return 0;
  }

  /** propagate(targets). */
  private int propagate(long state) {
    runner().propagateTo((int) Lua.integer(state, 1));
    return 0;
  }

  /** may_run(word, ...): returns a boolean, or nil if the command does not exist. */
  private int mayRun(long state) {
    String wrong = compose(state);
    if (wrong != null) {
      return failed(state, wrong);
    }
    if (!runner().exists(request)) {
      Lua.pushNil(state);
    } else {
      Lua.pushBoolean(state, runner().mayRun(request) ? 1 : 0);
    }
    return 1;
  }

  /** debugger_command(): returns the words of the next command, or nil if there are no more. */
  private int debuggerCommand(long state) {
    List<ByteString> words = runner().debuggerCommand();
    if (words == null) {
      Lua.pushNil(state);
      return 1;
    }
    Lua.newTable(state, words.size(), 0);
    for (int i = 0; i < words.size(); i++) {
      lua.pushText(state, words.get(i));
      Lua.rawSet(state, -2, i + 1);
    }
    return 1;
  }

  /** debugger_tells(line). */
  private int debuggerTells(long state) {
    runner().debuggerTells(lua.text(state, 1));
    return 0;
  }

  /** debugger_waits_long(). */
  private int debuggerWaitsLong(long state) {
    Lua.pushBoolean(state, runner().debuggerWaitsLong() ? 1 : 0);
    return 1;
  }

  // The generator of lrand48(3), so that scripts draw the same numbers as on Redis.

  private static final long MULTIPLIER = 0x5_deec_e66dL;
  private static final long INCREMENT = 0xb;
  private static final long MASK_48 = (1L << 48) - 1;
  private static final int LOW_SEED = 0x330e;
  private static final long INITIAL = 0x1234_abcd_330eL;

  /** The range of the numbers drawn, of which a fraction is made. */
  private static final int RANDOM_RANGE = 0x7fff_ffff;

  /**
   * random(...): returns the next random number: a fraction, or an integer from 1 or a lower bound
   * to an upper one; nothing if the arguments are wrong. Bounds are 32-bit integers.
   */
  private int random(long state) {
    random = random * MULTIPLIER + INCREMENT & MASK_48;
    double fraction = (double) ((random >>> 17) % RANDOM_RANGE) / RANDOM_RANGE;
    int count = Lua.top(state);
    if (count == 0) {
      Lua.pushNumber(state, fraction);
      return 1;
    }
    for (int i = 1; i <= count; i++) {
      if (i > 2 || Lua.isNumber(state, i) == 0) {
        return 0;
      }
    }
    int low = count == 1 ? 1 : int32(state, 1);
    int high = int32(state, count);
    if (low > high) {
      return 0;
    }
    Lua.pushNumber(state, Math.floor(fraction * (high - low + 1)) + low); // overflows as in Redis
    return 1;
  }

  /** Returns an argument as Lua's own functions take it: cut to 32 bits, 0 beyond 64. */
  private static int int32(long state, int index) {
    long integer = (long) Lua.number(state, index);
    return integer == Long.MAX_VALUE ? 0 : (int) integer;
  }

  /** seed(number): starts a sequence. */
  private int seed(long state) {
    long start = int32(state, 1);
    random = (start << 16 | LOW_SEED) & MASK_48;
    return 0;
  }

  /** rep(text, count): returns the repeated text, or nil if there is no memory for it. */
  private int rep(long state) {
    int length = LuaState.length(state, 1);
    long bytes = length * (long) Lua.number(state, 2);
    if (!lua.heap().hasRoom(bytes)) {
      Lua.pushNil(state);
      return 1;
    }
    long block = slabs.allocateFar(bytes);
    Region.copy(lua.bytes(state, 1), block, length);
    for (long filled = length; filled < bytes; filled *= 2) {
      Region.copy(block, block + filled, Math.min(filled, bytes - filled));
    }
    lua.pushBytes(state, block, (int) bytes);
    slabs.free(block, bytes);
    return 1;
  }

  /** tick(): called after functions that may be slow. */
  private int tick(long state) {
    lua.tick(state);
    return 0;
  }

  /** is_interrupted(): returns true if the script is about to fail in any case. */
  private int isInterrupted(long state) {
    Lua.pushBoolean(state, lua.isInterrupted() ? 1 : 0);
    return 1;
  }

  /** before_coroutine(): called before the creation of a coroutine. */
  private int beforeCoroutine(long state) {
    lua.beforeCoroutine(state);
    return 0;
  }

  /** replace_tail_calls(function): changes a function that has just been compiled. */
  private static int replaceTailCalls(long state) {
    CompiledCode.replaceTailCalls(LuaStack.object(state, 1));
    return 0;
  }

  /**
   * sets_globals(function): returns true if its code has instructions that set global variables.
   */
  private static int setsGlobals(long state) {
    Lua.pushBoolean(state, CompiledCode.setsGlobals(LuaStack.object(state, 1)) ? 1 : 0);
    return 1;
  }

  @Override
  public void close() {
    freeNumbers();
    formats.close();
    guards.close();
    collector.close();
  }
}
