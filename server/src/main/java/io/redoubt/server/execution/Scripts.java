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
import io.redoubt.server.script.Script;
import io.redoubt.server.script.ScriptEngine;
import io.redoubt.server.script.ScriptEngineException;
import io.redoubt.server.script.ScriptFlag;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The scripts of a server: those that are known by their SHA-1, the one that is running, and what
 * it may do. The engine is made when the first script comes.
 */
public final class Scripts implements CommandRunner, AutoCloseable {

  private static final CommandError NOSCRIPT =
      new CommandError("NOSCRIPT No matching script. Please use EVAL.");
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

  private static final int SHA1_HEX = 40;
  private static final int TO_REPLICAS = 2;

  private final Slabs slabs;
  private final CommandTable<Call> table;
  private final CommandDispatcher dispatcher;
  private final ServerState state;
  private final Propagation propagation;
  private final Call call;
  private final Log log;
  private final MessageDigest sha1;
  private final Map<ByteString, Script> scripts = new HashMap<>();
  private @Nullable ScriptEngine engine;

  /** The script that was run last, which is often the next one too. */
  private @Nullable Script last;

  // The running script.
  private @Nullable ServerClient client;
  private boolean readOnly;
  private boolean wrote;
  private int exempt;

  /** Scripts that run their commands through a dispatcher. */
  public Scripts(
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
    call.scripts(this);
    try {
      sha1 = MessageDigest.getInstance("SHA-1");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every Java platform has it
    }
  }

  private ScriptEngine engine() {
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

  // What is known.

  /** How many scripts are known. */
  public int count() {
    return scripts.size();
  }

  /** Bytes of the engine. */
  public long engineBytes() {
    return engine == null ? 0 : engine.usedBytes();
  }

  /** SCRIPT EXISTS: whether the script with this SHA-1, argument {@code i}, is known. */
  public boolean isKnown(int i) {
    return known(call.request(), i) != null;
  }

  private @Nullable Script known(Request request, int i) {
    Script lastOne = last;
    if (lastOne != null && request.is(i, lastOne.name())) {
      return lastOne;
    }
    if (request.length(i) != SHA1_HEX) {
      return null;
    }
    return scripts.get(ByteString.of(request.text(i).toLowerCase(Locale.ROOT)));
  }

  /**
   * SCRIPT LOAD: compiles the script of argument {@code i} unless it is known.
   *
   * @throws CommandError when it cannot be compiled
   */
  public Script load(int i) {
    Request request = call.request();
    sha1.update(Region.MEMORY.asSlice(request.offset(i), request.length(i)).asByteBuffer());
    ByteString sum = ByteString.of(HexFormat.of().formatHex(sha1.digest()));
    Script script = scripts.get(sum);
    if (script == null) {
      script = engine().compile(request.offset(i), request.length(i), sum.toString());
      scripts.put(sum, script);
    }
    return script;
  }

  /** SCRIPT FLUSH: no script is known any more. */
  public void flush() {
    scripts.clear();
    last = null;
    if (engine != null) {
      engine.close();
      engine = null;
    }
  }

  // Running.

  /** EVAL: runs the script of argument 1. */
  public void eval(boolean onlyReads) {
    int keys = keys();
    run(load(1), keys, onlyReads);
  }

  /** EVALSHA: runs the script whose SHA-1 is argument 1. */
  public void evalSha(boolean onlyReads) {
    int keys = keys();
    Script script = known(call.request(), 1);
    if (script == null) {
      throw NOSCRIPT;
    }
    run(script, keys, onlyReads);
  }

  private int keys() {
    long keys = call.argLong(2);
    if (keys > call.count() - 3) {
      throw TOO_MANY_KEYS;
    }
    if (keys < 0) {
      throw NEGATIVE_KEYS;
    }
    return (int) keys;
  }

  private void run(Script script, int keys, boolean onlyReads) {
    last = script;
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
      engine().run(script, this, request, 3, keys, reply);
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
    flush();
  }
}
