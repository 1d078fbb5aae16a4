package io.redoubt.server.command.script;

import static io.redoubt.protocol.command.Flag.ALLOW_BUSY;
import static io.redoubt.protocol.command.Flag.DENYOOM;
import static io.redoubt.protocol.command.Flag.MAY_REPLICATE;
import static io.redoubt.protocol.command.Flag.NOSCRIPT;
import static io.redoubt.protocol.command.Flag.NO_MANDATORY_KEYS;
import static io.redoubt.protocol.command.Flag.READONLY;
import static io.redoubt.protocol.command.Flag.SKIP_MONITOR;
import static io.redoubt.protocol.command.Flag.STALE;
import static io.redoubt.protocol.command.Flag.WRITE;
import static io.redoubt.protocol.command.KeyFlag.ACCESS;
import static io.redoubt.protocol.command.KeyFlag.RO;
import static io.redoubt.protocol.command.KeyFlag.RW;
import static io.redoubt.protocol.command.KeyFlag.UPDATE;

import io.redoubt.persistence.packed.Lzf;
import io.redoubt.persistence.rdb.BlockOutput;
import io.redoubt.persistence.rdb.DumpPayload;
import io.redoubt.persistence.rdb.FunctionsPayload;
import io.redoubt.persistence.rdb.RdbException;
import io.redoubt.protocol.bytes.ByteString;
import io.redoubt.protocol.bytes.Glob;
import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.command.CommandGroup;
import io.redoubt.protocol.command.Errors;
import io.redoubt.protocol.command.Group;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.protocol.resp.Request;
import io.redoubt.server.execution.Call;
import io.redoubt.server.execution.Effect;
import io.redoubt.server.execution.Functions.Taken;
import io.redoubt.server.execution.RunningScript;
import io.redoubt.server.execution.Scripting;
import io.redoubt.server.memory.SlabBuffers;
import io.redoubt.server.script.Library;
import io.redoubt.server.script.ScriptFlag;
import io.redoubt.server.snapshot.export.Payloads;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** FCALL and FUNCTION: libraries of Lua functions. */
public final class FunctionCommands extends CommandGroup<Call> {
  private final Scripting scripting;
  private final Clock clock;

  final Command<Call> fcall =
      command("FCALL function numkeys [key ...] [arg ...]")
          .does("Calls a function.")
          .since("7.0.0")
          .costs("Depends on the function")
          .is(NOSCRIPT, SKIP_MONITOR, MAY_REPLICATE, NO_MANDATORY_KEYS, STALE)
          .keys(RW, ACCESS, UPDATE)
          .keyNote("We cannot tell how the keys will be used so we assume the worst, RW and UPDATE")
          .runs(this::call);

  final Command<Call> fcallRo =
      command("FCALL_RO function numkeys [key ...] [arg ...]")
          .does("Calls a read-only function.")
          .since("7.0.0")
          .costs("Depends on the function")
          .is(NOSCRIPT, SKIP_MONITOR, NO_MANDATORY_KEYS, STALE, READONLY)
          .keys(RO, ACCESS)
          .keyNote("We cannot tell how the keys will be used so we assume the worst, RO and ACCESS")
          .runs(this::callReadOnly);

  final Command<Call> function =
      container("FUNCTION")
          .does("A container for commands that manage libraries of functions.")
          .since("7.0.0")
          .costs("Depends on subcommand.")
          .help("7.0.0")
          .holds();

  final Command<Call> load =
      command("FUNCTION LOAD [REPLACE] function-code")
          .does("Loads a library and returns its name.")
          .since("7.0.0")
          .costs("O(1), plus the execution of the library's text")
          .is(NOSCRIPT, WRITE, DENYOOM)
          .tips("request_policy:all_shards", "response_policy:all_succeeded")
          .runs(this::load);

  final Command<Call> delete =
      command("FUNCTION DELETE library-name")
          .does("Removes a library and its functions.")
          .since("7.0.0")
          .costs("O(1)")
          .is(NOSCRIPT, WRITE)
          .tips("request_policy:all_shards", "response_policy:all_succeeded")
          .runs(this::delete);

  final Command<Call> flush =
      command("FUNCTION FLUSH [ASYNC | SYNC]{flush-type}")
          .does("Removes all libraries.")
          .since("7.0.0")
          .costs("O(N), N the number of functions")
          .is(NOSCRIPT, WRITE)
          .tips("request_policy:all_shards", "response_policy:all_succeeded")
          .runs(this::flush);

  final Command<Call> dump =
      command("FUNCTION DUMP")
          .does("Returns all libraries in serialized form for FUNCTION RESTORE.")
          .since("7.0.0")
          .costs("O(N), N the number of functions")
          .is(NOSCRIPT)
          .runs(this::dump);

  final Command<Call> restore =
      command("FUNCTION RESTORE serialized-value [FLUSH | APPEND | REPLACE]{policy}")
          .does("Loads the libraries of a dump.")
          .since("7.0.0")
          .costs("O(N), N the number of functions")
          .is(NOSCRIPT, WRITE, DENYOOM)
          .tips("request_policy:all_shards", "response_policy:all_succeeded")
          .runs(this::restore);

  final Command<Call> list =
      command("FUNCTION LIST [LIBRARYNAME library-name-pattern] [WITHCODE]")
          .does("Lists libraries and their functions.")
          .since("7.0.0")
          .costs("O(N), N the number of functions")
          .is(NOSCRIPT)
          .tips("nondeterministic_output_order")
          .runs(this::list);

  final Command<Call> stats =
      command("FUNCTION STATS")
          .does("Returns the running function and the number of functions by engine.")
          .since("7.0.0")
          .costs("O(1)")
          .is(NOSCRIPT, ALLOW_BUSY)
          .tips("nondeterministic_output", "request_policy:all_shards", "response_policy:special")
          .runs(this::stats);

  final Command<Call> kill =
      command("FUNCTION KILL")
          .does("Kills the running function unless it has written.")
          .since("7.0.0")
          .costs("O(1)")
          .is(NOSCRIPT, ALLOW_BUSY)
          .tips("request_policy:all_shards", "response_policy:one_succeeded")
          .runs(this::kill);

  private static final CommandError BAD_FLUSH =
      new CommandError("ERR FUNCTION FLUSH only supports SYNC|ASYNC option");
  private static final CommandError BAD_POLICY =
      new CommandError(
          "ERR Wrong restore policy given, value should be either FLUSH, APPEND or REPLACE.");
  private static final CommandError BAD_PAYLOAD =
      new CommandError("ERR DUMP payload version or checksum are wrong");
  private static final CommandError NO_PATTERN =
      new CommandError("ERR library name argument was not given");

  public FunctionCommands(Scripting scripting, Clock clock) {
    super(Group.SCRIPTING);
    this.scripting = scripting;
    this.clock = clock;
  }

  private void call(Call call) {
    scripting.functions().call(false);
  }

  private void callReadOnly(Call call) {
    scripting.functions().call(true);
  }

  private void load(Call call) {
    boolean replaces = call.count() > 3;
    if (replaces && !call.is(2, "REPLACE")) {
      throw new CommandError("ERR Unknown option given: " + call.argText(2));
    }
    if (call.count() > 4) {
      throw Errors.SYNTAX;
    }
    int code = call.count() - 1;
    Taken taken = replaces ? Taken.REPLACE : Taken.REFUSE;
    String name = scripting.functions().load(call.argAddress(code), call.argLength(code), taken);
    call.recordFullChange(1);
    call.reply().bulk(name);
  }

  private void delete(Call call) {
    scripting.functions().delete(call.argText(2));
    call.recordFullChange(1);
    call.reply().ok();
  }

  private void flush(Call call) {
    if (call.count() > 3) {
      throw new CommandError(
          "ERR unknown subcommand or wrong number of arguments for 'flush'. Try FUNCTION HELP.");
    }
    ScriptCommands.checkFlushMode(call, BAD_FLUSH);
    scripting.functions().flush();
    call.recordFullChange(1);
    call.reply().ok();
  }

  private void dump(Call call) {
    SlabBuffers buffers = new SlabBuffers(call.keyspace().slabs());
    try (BlockOutput out = new BlockOutput(buffers)) {
      FunctionsPayload.write(out, compressor(call), buffers, scripting.functions().texts());
      call.reply().bulk(out.memory(), out.offset(), out.sizeBytes());
    }
  }

  private static Lzf.@Nullable Compressor compressor(Call call) {
    return call.settings().persistence.rdbcompression.value() ? call.values().compressor() : null;
  }

  private void restore(Call call) {
    Taken taken = Taken.REFUSE;
    boolean flushes = false;
    if (call.count() > 4) {
      throw new CommandError(
          "ERR unknown subcommand or wrong number of arguments for 'restore'. Try FUNCTION HELP.");
    }
    if (call.count() == 4) {
      if (call.is(3, "REPLACE")) {
        taken = Taken.REPLACE;
      } else if (call.is(3, "FLUSH")) {
        flushes = true;
      } else if (!call.is(3, "APPEND")) {
        throw BAD_POLICY;
      }
    }
    if (!DumpPayload.isValid(call.memory(), call.argAddress(2), call.argLength(2), true)) {
      throw BAD_PAYLOAD;
    }
    List<ByteString> texts;
    try {
      SlabBuffers buffers = new SlabBuffers(call.keyspace().slabs());
      texts =
          FunctionsPayload.read(
              call.memory(),
              call.argAddress(2),
              call.argLength(2),
              buffers,
              call.values().decompressor());
    } catch (RdbException e) {
      throw new CommandError("ERR " + e.getMessage());
    }
    scripting.functions().restore(texts, flushes ? Taken.FLUSH : taken);
    call.recordFullChange(1);
    if (call.propagates() && !Payloads.isForOlder(call.argAddress(2), call.argLength(2))) {
      propagateForOlder(call, texts);
    }
    call.reply().ok();
  }

  /** Propagates a newer payload in the version of Redis 7.0, for older replicas. */
  private static void propagateForOlder(Call call, List<ByteString> texts) {
    SlabBuffers buffers = new SlabBuffers(call.keyspace().slabs());
    try (BlockOutput out = new BlockOutput(buffers)) {
      FunctionsPayload.write(out, compressor(call), buffers, texts);
      Effect effect = call.propagateAs(call.count()).argument(0).argument(1);
      effect.bytes(out.offset(), (int) out.sizeBytes());
      for (int i = 3; i < call.count(); i++) {
        effect.argument(i);
      }
    }
  }

  private void kill(Call call) {
    scripting.kill(true);
    call.reply().ok();
  }

  private void stats(Call call) {
    ReplyWriter reply = call.reply();
    reply.map(2);
    reply.bulk("running_script");
    running(reply);
    reply.bulk("engines");
    reply.map(1);
    reply.bulk("LUA");
    reply.map(2);
    reply.bulk("libraries_count");
    reply.integer(scripting.functions().libraries().size());
    reply.bulk("functions_count");
    reply.integer(scripting.functions().count());
  }

  private void running(ReplyWriter reply) {
    RunningScript running = scripting.running();
    if (running == null) {
      reply.nil();
      return;
    }
    reply.map(3);
    reply.bulk("name");
    reply.bulk(running.name());
    reply.bulk("command");
    Request request = running.request();
    reply.array(request.count());
    for (int i = 0; i < request.count(); i++) {
      reply.bulk(request.memory(), request.offset(i), request.length(i));
    }
    reply.bulk("duration_ms");
    reply.integer((clock.monotonicNanos() - running.startedNanos()) / 1_000_000);
  }

  private void list(Call call) {
    boolean withCode = false;
    ByteString pattern = null;
    for (int i = 2; i < call.count(); i++) {
      if (!withCode && call.is(i, "WITHCODE")) {
        withCode = true;
      } else if (pattern == null && call.is(i, "LIBRARYNAME")) {
        if (i + 1 == call.count()) {
          throw NO_PATTERN;
        }
        pattern = call.request().string(++i);
      } else {
        throw new CommandError("ERR Unknown argument " + call.argText(i));
      }
    }
    ByteString wanted = pattern;
    Collection<Library> all = scripting.functions().libraries();
    List<Library> shown = all.stream().filter(library -> isWanted(library, wanted)).toList();
    call.reply().array(shown.size());
    for (Library library : shown) {
      writeLibrary(call.reply(), library, withCode);
    }
  }

  private static boolean isWanted(Library library, @Nullable ByteString pattern) {
    return pattern == null || Glob.matches(pattern.toString(), library.name(), true);
  }

  private static void writeLibrary(ReplyWriter reply, Library library, boolean withCode) {
    reply.map(withCode ? 4 : 3);
    reply.bulk("library_name");
    reply.bulk(library.name());
    reply.bulk("engine");
    reply.bulk("LUA");
    reply.bulk("functions");
    reply.array(library.functions().size());
    for (Library.Function function : library.functions()) {
      reply.map(3);
      reply.bulk("name");
      reply.bulk(function.name());
      reply.bulk("description");
      String description = function.description();
      if (description == null) {
        reply.nil();
      } else {
        reply.bulk(description);
      }
      reply.bulk("flags");
      Set<ScriptFlag> flags = function.script().flags();
      reply.set(flags == null ? 0 : flags.size());
      if (flags != null) {
        flags.forEach(flag -> reply.simple(flag.word()));
      }
    }
    if (withCode) {
      reply.bulk("library_code");
      reply.bulk(library.code());
    }
  }
}
