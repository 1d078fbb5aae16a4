package io.redoubt.server.execution;

import io.redoubt.protocol.bytes.ByteString;
import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.command.CommandTable;
import io.redoubt.protocol.command.Flag;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.process.SystemErrors;
import io.redoubt.protocol.process.Version;
import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.protocol.resp.Request;
import io.redoubt.protocol.session.Refusals;
import io.redoubt.server.client.ServerClient;
import io.redoubt.server.cluster.routing.Routing;
import io.redoubt.server.execution.refusal.Refusal;
import io.redoubt.server.execution.refusal.ServerState;
import io.redoubt.server.keyspace.Keyspace;
import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.SlabBuffers;
import io.redoubt.server.memory.Slabs;
import io.redoubt.server.script.Library;
import io.redoubt.server.script.Script;
import io.redoubt.server.script.ScriptEngine;
import io.redoubt.server.script.ScriptEngineException;
import io.redoubt.server.script.ScriptFlag;
import io.redoubt.server.script.ScriptHost;
import io.redoubt.server.settings.ServerDirectives;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Runs scripts and functions, one at a time, and the commands that they call, subject to the
 * caller's permissions. The engine is created for the first script.
 */
final class ScriptRunner implements ScriptHost, AutoCloseable {

  /** The code of errors that deny a request. */
  private static final String DENIED = "NOPERM ";

  private static final CommandError NEGATIVE_KEYS =
      new CommandError("ERR Number of keys can't be negative");
  private static final CommandError TOO_MANY_KEYS =
      new CommandError("ERR Number of keys can't be greater than number of args");
  private static final CommandError WRITES_IN_READ_ONLY =
      new CommandError("ERR Can not execute a script with write flag using *_ro command.");

  private static final String UNKNOWN = "ERR Unknown Redis command called from script";
  private static final String ARITY = "ERR Wrong number of args calling Redis command from script";
  private static final String NOT_ALLOWED = "ERR This Redis command is not allowed from script";
  private static final String STALE = "ERR Can not execute the command on a stale replica";
  private static final String READ_ONLY =
      "ERR Write commands are not allowed from read-only scripts.";

  private static final CommandError NOTHING_RUNS =
      new CommandError("NOTBUSY No scripts in execution right now.");
  private static final CommandError OF_MASTER =
      new CommandError(
          "UNKILLABLE The busy script was sent by a master instance in the context of replication"
              + " and cannot be killed.");
  private static final String SEVERAL_SLOTS =
      "ERR Script attempted to access keys that do not hash to the same slot";
  private static final CommandError NO_CLUSTER =
      new CommandError("ERR Can not run script on cluster, 'no-cluster' flag is set.");
  private static final CommandError HAS_WRITTEN =
      new CommandError(
          "UNKILLABLE Sorry the script already executed write commands against the dataset. You"
              + " can either wait the script termination or kill the server in a hard way using"
              + " the SHUTDOWN NOSAVE command.");

  private static final long NANOS_A_MILLI = 1_000_000;

  /** The time limit for loading a library. */
  private static final long MAX_LOAD_NANOS = 500 * NANOS_A_MILLI;

  /** The interval at which other clients are served during a busy script. */
  private static final long SERVICE_NANOS = 2 * NANOS_A_MILLI;

  /** States that do not stop a script after its first write, which would leave it half executed. */
  private static final int BEFORE_FIRST_WRITE =
      Refusal.OUT_OF_MEMORY.bit()
          | Refusal.SNAPSHOT_FAILED.bit()
          | Refusal.APPEND_FAILED.bit()
          | Refusal.TOO_FEW_REPLICAS.bit();

  /** The argument with the number of keys, in EVAL and FCALL; the keys follow. */
  private static final int NUMKEYS_AT = 2;

  private final Slabs slabs;
  private final CommandTable<Call> table;
  private final CommandChecks checks;
  private final CommandExecutor executor;
  private final ServerState state;
  private final Propagation propagation;
  private final Call call;
  private final Keyspace keyspace;
  private final ServerDirectives settings;
  private final Clock clock;
  private final Log log;
  private final EventsWhileBlocked whileBlocked;
  private @Nullable ScriptEngine engine;

  private @Nullable RunningScript running;
  private @Nullable DebugSession session;
  private boolean allowsAllCommands;
  private long servedNanos;

  /** True after the debugger resumed the script: other clients have been served in between. */
  private boolean stoodStill;

  private long loadStartedNanos;

  ScriptRunner(
      CommandTable<Call> table,
      CommandDispatcher dispatcher,
      ServerState state,
      Call call,
      EventsWhileBlocked whileBlocked,
      Clock clock,
      Log log) {
    this.table = table;
    this.checks = dispatcher.checks();
    this.executor = dispatcher.executor();
    this.state = state;
    this.call = call;
    this.whileBlocked = whileBlocked;
    this.propagation = call.propagation();
    this.keyspace = call.keyspace();
    this.slabs = keyspace.slabs();
    this.settings = call.settings();
    this.clock = clock;
    this.log = log;
  }

  /** Returns the running script or function, or null. */
  @Nullable RunningScript running() {
    return running;
  }

  /**
   * Stops the running script or function (SCRIPT KILL and FUNCTION KILL).
   *
   * @throws CommandError if none is running, or it cannot be killed
   */
  void kill(boolean function) {
    RunningScript script = running;
    if (script == null) {
      throw NOTHING_RUNS;
    }
    if (script.client().isMaster()) {
      throw OF_MASTER;
    }
    if (script.hasWritten()) {
      throw HAS_WRITTEN;
    }
    if (script.isFunction() != function) {
      throw script.refusal().error();
    }
    script.setEnd(RunningScript.End.KILLED);
  }

  void setAllowsAllCommands(boolean on) {
    allowsAllCommands = on;
  }

  /** Stops the running script, because the server stops. */
  void shutDown() {
    if (running != null) {
      running.setEnd(RunningScript.End.SHUTDOWN);
    }
  }

  /**
   * Returns the engine.
   *
   * @throws CommandError if the platform has no engine, or there is no memory for it
   */
  ScriptEngine engine() {
    ScriptEngine made = engine;
    if (made == null) {
      try {
        made =
            new ScriptEngine(
                slabs,
                clock::monotonicNanos,
                Version.REDIS,
                settings.luaEnableDeprecatedApi.value());
      } catch (ScriptEngineException | LinkageError e) {
        String reason = reason(e);
        log.warning("Scripts cannot be run: %s", reason);
        throw new CommandError("ERR Scripts cannot be run here: " + reason);
      } catch (OutOfMemoryError full) {
        throw new CommandError("OOM command not allowed: " + full.getMessage() + ".");
      }
      engine = made;
    }
    return made;
  }

  private static String reason(Throwable failure) {
    String text = SystemErrors.text(failure);
    Throwable cause = failure.getCause();
    return cause == null ? text : text + ": " + SystemErrors.text(cause);
  }

  /**
   * Loads a library from a text on the heap.
   *
   * @throws CommandError if it cannot be loaded
   */
  Library load(ByteString text) {
    long block = slabs.allocateFar(text.length() + 1L);
    text.copyTo(Region.MEMORY, block);
    try {
      return load(block, text.length());
    } finally {
      slabs.free(block, text.length() + 1L);
    }
  }

  /**
   * Loads a library.
   *
   * @param address the region address of its text
   * @throws CommandError if it cannot be loaded
   */
  Library load(long address, int length) {
    loadStartedNanos = clock.monotonicNanos();
    return engine().loadLibrary(address, length, this);
  }

  /** Returns the memory of the engine in bytes. */
  long engineBytes() {
    return engine == null ? 0 : engine.usedBytes();
  }

  /** Frees memory that the engine keeps for the next script if none has run since the last call. */
  void freeIdleMemory() {
    if (engine != null) {
      engine.freeIdleMemory();
    }
  }

  /**
   * Returns the number of keys among the command's arguments.
   *
   * @throws CommandError if the number is invalid
   */
  int keys() {
    long keys = call.argLong(NUMKEYS_AT);
    if (keys > call.count() - 3) {
      throw TOO_MANY_KEYS;
    }
    if (keys < 0) {
      throw NEGATIVE_KEYS;
    }
    return (int) keys;
  }

  /** Runs a script of the calling client in the debugger. */
  void debug(Runnable evaluation) {
    try (DebugSession begun =
        new DebugSession(call.client(), this::serve, clock, new SlabBuffers(slabs))) {
      session = begun;
      evaluation.run();
    } finally {
      session = null;
    }
  }

  /**
   * Runs a script or a function for the running command.
   *
   * @param onlyReads true if the calling command must not write
   */
  void run(Script script, boolean isFunction, int keys, boolean onlyReads) {
    ServerClient caller = call.client();
    admit(script, caller, onlyReads);
    Request request = call.request();
    @SuppressWarnings("unchecked") // all commands of this server's table have this type
    Command<Call> command = (Command<Call>) call.command();
    ReplyWriter reply = call.reply();
    int database = caller.databaseIndex();
    boolean readOnly = onlyReads || script.is(ScriptFlag.NO_WRITES);
    RunningScript begun =
        new RunningScript(
            script, isFunction, caller, command, request, readOnly, clock.monotonicNanos());
    running = begun;
    caller.setInScript(true);
    try {
      int firstKey = NUMKEYS_AT + 1;
      if (isFunction) {
        engine().call(script, this, request, firstKey, keys, reply);
      } else if (session != null) {
        becomeBusy(begun);
        engine().debug(script, this, request, firstKey, keys, session.result());
      } else {
        engine().run(script, this, request, firstKey, keys, reply);
      }
    } finally {
      caller.setInScript(false);
      propagation.everywhere();
      caller.selectDatabase(database);
      state.set(begun.refusal(), false);
      running = null;
      call.begin(caller, request, command, reply);
    }
    if (begun.hasFailed()) {
      command.countFailed();
    }
  }

  /** Refuses a script by its declared flags, like a command with the corresponding flags. */
  private void admit(Script script, ServerClient caller, boolean onlyReads) {
    if (caller.isMaster()) {
      return;
    }
    if (checks.gate() != null && script.is(ScriptFlag.NO_CLUSTER)) {
      throw NO_CLUSTER;
    }
    if (script.declaresWrites() && onlyReads) {
      throw WRITES_IN_READ_ONLY;
    }
    int refused = script.flags() == null ? Refusal.STALE : refusals(script.flags());
    refused = state.among(refused);
    if (refused != 0) {
      throw state.error(refused);
    }
  }

  /** Returns the states that refuse a script with these flags; none for a script without flags. */
  static int refusals(@Nullable Set<ScriptFlag> flags) {
    if (flags == null) {
      return 0;
    }
    int refused = flags.contains(ScriptFlag.NO_WRITES) ? 0 : Refusal.WRITES;
    if (refused != 0 && !flags.contains(ScriptFlag.ALLOW_OOM)) {
      refused |= Refusal.ROOM;
    }
    return flags.contains(ScriptFlag.ALLOW_STALE) ? refused : refused | Refusal.STALE;
  }

  // Calls of the running script.

  private RunningScript script() {
    RunningScript script = running;
    if (script == null) {
      throw new IllegalStateException("no script is running");
    }
    return script;
  }

  @Override
  public void run(Request request, ReplyWriter reply) {
    Command<Call> command = table.find(request);
    String error = command == null ? UNKNOWN : refusal(command, request);
    if (error != null) {
      executor.reject(command, new CommandError(error), reply);
    } else if (command != null) {
      if (command.has(Flag.WRITE)) {
        script().noteWrite();
      }
      ServerClient caller = script().client();
      caller.setRepliesToScript(true);
      try {
        executor.run(caller, command, request, reply);
      } finally {
        caller.setRepliesToScript(false);
      }
    }
  }

  @Override
  public void repliesError(String text, boolean ofCommand) {
    if (ofCommand) { // counted already, except for the calling command
      script().command().countFailed();
    } else {
      script().noteFailure();
      call.stats().countError(new CommandError(text).code());
    }
  }

  private @Nullable String refusal(Command<Call> command, Request request) {
    if (!command.accepts(request.count())) {
      return ARITY;
    }
    if (command.has(Flag.NOSCRIPT) && !allowsAllCommands) {
      return NOT_ALLOWED;
    }
    RunningScript script = script();
    if (script.isReadOnly() && (command.has(Flag.WRITE) || command.has(Flag.MAY_REPLICATE))) {
      return READ_ONLY;
    }
    ServerClient caller = script.client();
    if (caller.isMaster()) {
      return null;
    }
    if (!caller.user().isUnrestricted()) {
      CommandError denied = Refusals.byRules(caller, command, request);
      if (denied != null) {
        return "ERR ACL failure in script: " + denied.text().substring(DENIED.length());
      }
    }
    int exempted = Refusal.BUSY;
    if (script.hasWritten()) {
      exempted |= BEFORE_FIRST_WRITE;
    } else if (script.script().is(ScriptFlag.ALLOW_OOM)) {
      exempted |= Refusal.OUT_OF_MEMORY.bit();
    }
    CommandError refused = checks.refusal(caller, command, request, exempted);
    if (refused == null) {
      return elsewhere(script, command, request);
    }
    return refused.equals(Refusal.STALE_REPLICA.error()) ? STALE : refused.text();
  }

  /** Returns the error for a call with keys that this cluster node does not serve, or null. */
  private @Nullable String elsewhere(RunningScript script, Command<Call> command, Request request) {
    SlotGate gate = checks.gate();
    if (gate == null) {
      return null;
    }
    CommandError refused = gate.refusal(script.client(), command, request);
    if (refused != null) {
      return switch (refused.text()) {
        case Routing.ONLY_READS ->
            "ERR Script attempted to execute a write command while the cluster is down and"
                + " readonly";
        case Routing.DOWN -> "ERR Script attempted to execute a command while the cluster is down";
        default -> "ERR Script attempted to access a non local key in a cluster node";
      };
    }
    return script.mayUse(gate, command, request) ? null : SEVERAL_SLOTS;
  }

  @Override
  public boolean exists(Request request) {
    return table.find(request) != null;
  }

  @Override
  public boolean mayRun(Request request) {
    Command<Call> command = table.find(request);
    ServerClient caller = script().client();
    return command != null && caller.user().check(command, request, caller.databaseIndex()) == null;
  }

  @Override
  public void propagateTo(int targets) {
    propagation.only(targets); // scripts use the same constants
  }

  @Override
  public void log(int level, ByteString message) {
    switch (level) {
      case 0 -> log.debug("%s", message);
      case 1 -> log.verbose("%s", message);
      case 2 -> log.notice("%s", message);
      default -> log.warning("%s", message);
    }
  }

  @Override
  public @Nullable String interruption() {
    RunningScript script = running;
    if (script == null) {
      long loading = clock.monotonicNanos() - loadStartedNanos;
      return loading > MAX_LOAD_NANOS ? "FUNCTION LOAD timeout" : null;
    }
    long threshold = settings.busyReplyThreshold.value();
    long now = clock.monotonicNanos();
    long millis = (now - script.startedNanos()) / NANOS_A_MILLI;
    if (!script.isBusy() && threshold > 0 && millis >= threshold) {
      becomeBusy(script);
      log.warning(
          "Slow script detected: still in execution after %d milliseconds. You can try killing the"
              + " script using the %s command. Script name is: %s.",
          millis, killer(script), script.name());
    }
    if (script.isBusy() && !stoodStill && now - servedNanos >= SERVICE_NANOS) {
      serve(script.client(), EventsWhileBlocked.Scope.ALL);
      servedNanos = clock.monotonicNanos();
    }
    stoodStill = false;
    return switch (script.end()) {
      case NONE -> null;
      case SHUTDOWN -> "Script killed by the end of the server.";
      case KILLED -> {
        log.notice("Lua script killed by user with SCRIPT KILL.");
        yield "Script killed by user with " + killer(script) + ".";
      }
    };
  }

  private static String killer(RunningScript script) {
    return script.isFunction() ? "FUNCTION KILL" : "SCRIPT KILL";
  }

  /** Starts to refuse other clients with the BUSY error. */
  private void becomeBusy(RunningScript script) {
    script.becomeBusy();
    state.set(script.refusal(), true);
  }

  /** Serves other clients while a script runs. */
  private void serve(ServerClient client, EventsWhileBlocked.Scope scope) {
    long scriptTime = keyspace.nowMicros();
    whileBlocked.serve(client, scope);
    keyspace.setNowMicros(scriptTime); // time is frozen for the script
  }

  // The debugger.

  private DebugSession session() {
    DebugSession current = session;
    if (current == null) {
      throw new IllegalStateException("no script is debugged");
    }
    return current;
  }

  @Override
  public @Nullable List<ByteString> debuggerCommand() {
    RunningScript script = script();
    stoodStill = true;
    return session().next(() -> script.end() != RunningScript.End.NONE);
  }

  @Override
  public void debuggerTells(ByteString line) {
    session().addLine(line);
  }

  @Override
  public boolean debuggerWaitsLong() {
    long threshold = settings.busyReplyThreshold.value();
    return threshold > 0 && session().runningNanos() > threshold * NANOS_A_MILLI;
  }

  @Override
  public void close() {
    if (engine != null) {
      engine.close();
      engine = null;
    }
  }
}
