package io.redoubt.server.execution;

import io.redoubt.protocol.acl.Denial;
import io.redoubt.protocol.bytes.ByteString;
import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.command.CommandTable;
import io.redoubt.protocol.command.Flag;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.protocol.resp.Request;
import io.redoubt.server.client.ServerClient;
import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.Slabs;
import io.redoubt.server.script.CommandRunner;
import io.redoubt.server.script.Library;
import io.redoubt.server.script.Script;
import io.redoubt.server.script.ScriptEngine;
import io.redoubt.server.script.ScriptEngineException;
import io.redoubt.server.script.ScriptFlag;
import org.jspecify.annotations.Nullable;

/**
 * Runs scripts and functions, one at a time, and the commands that they call, as far as they may.
 * The engine is made when the first script comes.
 */
final class ScriptRunner implements CommandRunner, AutoCloseable {

  private static final CommandError NEGATIVE_KEYS =
      new CommandError("ERR Number of keys can't be negative");
  private static final CommandError TOO_MANY_KEYS =
      new CommandError("ERR Number of keys can't be greater than number of args");
  private static final CommandError WRITES_IN_READ_ONLY =
      new CommandError("ERR Can not execute a script with write flag using *_ro command.");
  private static final CommandError WRITES_ON_REPLICA =
      new CommandError("READONLY You can not run script with write flag on readonly replica.");
  private static final CommandError OOM_NOT_ALLOWED =
      new CommandError(
          "OOM allow-oom flag is not set on the script, can not run it when used memory >"
              + " 'maxmemory'");

  private static final String UNKNOWN = "ERR Unknown Redis command called from script";
  private static final String ARITY = "ERR Wrong number of args calling Redis command from script";
  private static final String NOT_ALLOWED = "ERR This Redis command is not allowed from script";
  private static final String READ_ONLY =
      "ERR Write commands are not allowed from read-only scripts.";

  private static final int TO_REPLICAS = 2;

  /** Where the number of keys stands, in EVAL as in FCALL; the keys follow. */
  private static final int NUMKEYS_AT = 2;

  private final Slabs slabs;
  private final CommandTable<Call> table;
  private final CommandDispatcher dispatcher;
  private final ServerState state;
  private final Propagation propagation;
  private final Call call;
  private final Log log;
  private @Nullable ScriptEngine engine;

  // The running script.
  private @Nullable ServerClient client;
  private boolean readOnly;
  private boolean wrote;
  private int exempt;

  ScriptRunner(
      Slabs slabs,
      CommandTable<Call> table,
      CommandDispatcher dispatcher,
      ServerState state,
      Propagation propagation,
      Call call,
      Log log) {
    this.slabs = slabs;
    this.table = table;
    this.dispatcher = dispatcher;
    this.state = state;
    this.propagation = propagation;
    this.call = call;
    this.log = log;
  }

  /**
   * The engine.
   *
   * @throws CommandError when the platform has none
   */
  ScriptEngine engine() {
    ScriptEngine made = engine;
    if (made == null) {
      try {
        made = new ScriptEngine(slabs);
      } catch (ScriptEngineException | LinkageError e) {
        log.warning("Scripts cannot be run: %s", e);
        throw new CommandError("ERR Scripts cannot be run here: " + e.getMessage());
      }
      engine = made;
    }
    return made;
  }

  /**
   * Loads a library whose text is on the heap.
   *
   * @throws CommandError when it cannot be loaded
   */
  Library load(ByteString text) {
    long block = slabs.allocateFar(text.length() + 1L);
    text.copyTo(Region.MEMORY, block);
    try {
      return engine().loadLibrary(block, text.length(), this);
    } finally {
      slabs.free(block, text.length() + 1L);
    }
  }

  /** Bytes of the engine. */
  long engineBytes() {
    return engine == null ? 0 : engine.usedBytes();
  }

  /**
   * How many of the running command's arguments are keys.
   *
   * @throws CommandError when that is no number that can be
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

  /**
   * Runs a script, or a function of a library, as the command that is running asks for.
   *
   * @param keys how many keys there are
   * @param onlyReads whether it is called by a command that promises that it does not write
   */
  void run(Script script, boolean isFunction, int keys, boolean onlyReads) {
    ServerClient caller = call.client();
    admit(script, caller, onlyReads);
    Request request = call.request();
    @SuppressWarnings("unchecked") // all commands of this server's table are such
    Command<Call> command = (Command<Call>) call.command();
    ReplyWriter reply = call.reply();
    int database = caller.databaseIndex();
    client = caller;
    caller.inScript(true);
    readOnly = onlyReads || script.is(ScriptFlag.NO_WRITES);
    wrote = false;
    exempt = script.is(ScriptFlag.ALLOW_OOM) ? Refusal.OUT_OF_MEMORY.bit() : 0;
    try {
      int firstKey = NUMKEYS_AT + 1;
      if (isFunction) {
        engine().call(script, this, request, firstKey, keys, reply);
      } else {
        engine().run(script, this, request, firstKey, keys, reply);
      }
    } finally {
      caller.inScript(false);
      propagation.muted(false);
      caller.selectDatabase(database);
      client = null;
      call.begin(caller, request, command, reply);
    }
  }

  /** Refuses a script by what it says of itself. */
  private void admit(Script script, ServerClient caller, boolean onlyReads) {
    if (script.flags() == null || caller.isMaster()) {
      return;
    }
    if (!script.is(ScriptFlag.ALLOW_STALE) && state.is(Refusal.STALE_REPLICA)) {
      throw Refusal.STALE_REPLICA.error();
    }
    if (script.declaresWrites()) {
      if (onlyReads) {
        throw WRITES_IN_READ_ONLY;
      }
      if (state.is(Refusal.READ_ONLY_REPLICA)) {
        throw WRITES_ON_REPLICA;
      }
      if (state.is(Refusal.SNAPSHOT_FAILED)) {
        throw Refusal.SNAPSHOT_FAILED.error();
      }
      if (state.is(Refusal.TOO_FEW_REPLICAS)) {
        throw Refusal.TOO_FEW_REPLICAS.error();
      }
      if (state.is(Refusal.OUT_OF_MEMORY) && !script.is(ScriptFlag.ALLOW_OOM)) {
        throw OOM_NOT_ALLOWED;
      }
    }
  }

  // What the running script does.

  private ServerClient client() {
    ServerClient current = client;
    if (current == null) {
      throw new IllegalStateException("no script is running");
    }
    return current;
  }

  @Override
  public void run(Request request, ReplyWriter reply) {
    Command<Call> command = table.find(request);
    String error = command == null ? UNKNOWN : refusal(command, request);
    if (error != null) {
      reply.error(error);
    } else if (command != null) {
      wrote |= command.has(Flag.WRITE);
      dispatcher.run(client(), command, request, reply);
    }
  }

  private @Nullable String refusal(Command<Call> command, Request request) {
    if (!command.accepts(request.count())) {
      return ARITY;
    }
    if (command.has(Flag.NOSCRIPT)) {
      return NOT_ALLOWED;
    }
    if (command.has(Flag.WRITE) && readOnly) {
      return READ_ONLY;
    }
    ServerClient caller = client();
    if (caller.isMaster()) {
      return null;
    }
    if (!caller.user().isUnrestricted()) {
      Denial denial = caller.user().check(command, request);
      if (denial != null) {
        caller.denied(command, request); // for the log
        return denied(denial);
      }
    }
    int exempted = wrote ? exempt | Refusal.OUT_OF_MEMORY.bit() : exempt;
    CommandError refused = dispatcher.refusal(command, exempted);
    return refused == null ? null : refused.text();
  }

  private static String denied(Denial denial) {
    String what =
        switch (denial) {
          case KEY -> "access at least one of the keys mentioned in the command arguments";
          case CHANNEL -> "access at least one of the channels mentioned in the command arguments";
          default -> "run this command or subcommand";
        };
    return "ERR The user executing the script can't " + what;
  }

  @Override
  public boolean exists(Request request) {
    return table.find(request) != null;
  }

  @Override
  public boolean mayRun(Request request) {
    Command<Call> command = table.find(request);
    return command != null && client().user().check(command, request) == null;
  }

  @Override
  public void propagateTo(int targets) {
    propagation.muted((targets & TO_REPLICAS) == 0);
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
    return null;
  }

  @Override
  public void close() {
    if (engine != null) {
      engine.close();
      engine = null;
    }
  }
}
