package io.redoubt.server.execution;

import io.redoubt.protocol.bytes.ByteString;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.resp.Request;
import io.redoubt.server.client.ServerClient;
import io.redoubt.server.memory.Region;
import io.redoubt.server.script.Script;
import io.redoubt.server.script.ScriptEngine;
import io.redoubt.server.script.ScriptFlag;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The scripts known by their SHA-1 (EVAL and its companions). Scripts loaded by SCRIPT LOAD are
 * kept until SCRIPT FLUSH. Of those known only from EVAL, the {@value #MAX_EVALUATED} most recently
 * used are kept, as in Redis 7.4: otherwise clients that generate scripts with embedded arguments
 * would exhaust the memory.
 */
public final class Scripts {

  private static final CommandError NOSCRIPT =
      new CommandError("NOSCRIPT No matching script. Please use EVAL.");

  private static final CommandError NOT_DEBUGGED =
      new CommandError("ERR Please use EVAL instead of EVALSHA for debugging");

  private static final int SHA1_HEX = 40;

  /** An estimate of the heap size of a known script; its text and code are off the heap. */
  private static final long SCRIPT_BYTES = 500;

  private static final int MAX_EVALUATED = 500;

  private record Known(Script script, int textBytes) {}

  private final ScriptRunner runner;
  private final Call call;
  private @Nullable MessageDigest sha1;
  private final Map<ByteString, Known> loaded = new HashMap<>();

  /** Scripts known from EVAL only, least recently used first. */
  private final LinkedHashMap<ByteString, Known> evaluated = new LinkedHashMap<>(16, 0.75f, true);

  private long textBytes;
  private long evicted;

  /** The last script executed, which is often the next one, too. */
  private @Nullable Script last;

  Scripts(ScriptRunner runner, Call call) {
    this.runner = runner;
    this.call = call;
  }

  public int count() {
    return loaded.size() + evaluated.size();
  }

  /** Returns the number of scripts evicted since the last reset. */
  public long evicted() {
    return evicted;
  }

  /** Resets the counter for CONFIG RESETSTAT. */
  public void resetStatistics() {
    evicted = 0;
  }

  /** Returns the total length of the known scripts' texts, in bytes. */
  public long textBytes() {
    return textBytes;
  }

  /** Returns an estimate of the Java heap that the known scripts take, in bytes. */
  public long heapBytes() {
    return count() * SCRIPT_BYTES;
  }

  /** Returns true if the script with the SHA-1 in argument {@code i} is known (SCRIPT EXISTS). */
  public boolean isKnown(int i) {
    return known(i) != null;
  }

  private @Nullable Script known(int i) {
    return known(call.request(), i);
  }

  private @Nullable Script known(Request request, int i) {
    Script lastOne = last;
    if (lastOne != null && request.is(i, lastOne.name())) {
      return lastOne;
    }
    if (request.length(i) != SHA1_HEX) {
      return null;
    }
    ByteString sum = request.lowerCase(i);
    Known known = loaded.get(sum);
    if (known == null) {
      known = evaluated.get(sum);
    }
    return known == null ? null : known.script();
  }

  /** Returns the flags of the script called by SHA-1 in a future request; null if it has none. */
  @Nullable Set<ScriptFlag> flags(Request request) {
    Script script = known(request, 1);
    return script == null ? null : script.flags();
  }

  /** Returns the flags of the script in a request that is not running yet; null if it has none. */
  static @Nullable Set<ScriptFlag> flagsOfText(Request request) {
    try {
      return ScriptEngine.flags(request.offset(1), request.length(1));
    } catch (CommandError malformed) { // EVAL will report it
      return null;
    }
  }

  /**
   * Compiles the script in argument {@code i} unless it is known (SCRIPT LOAD).
   *
   * @throws CommandError if it cannot be compiled
   */
  public Script load(int i) {
    ByteString sum = sum(i);
    Known known = loaded.get(sum);
    if (known == null) {
      known = evaluated.remove(sum);
      if (known == null) {
        known = compile(i, sum);
      }
      loaded.put(sum, known);
    }
    return known.script();
  }

  private ByteString sum(int i) {
    Request request = call.request();
    MessageDigest digest = sha1();
    digest.update(Region.MEMORY.asSlice(request.offset(i), request.length(i)).asByteBuffer());
    return ByteString.of(HexFormat.of().formatHex(digest.digest()));
  }

  /** Returns the digest; loads Java's cryptography only for the first script. */
  private MessageDigest sha1() {
    MessageDigest known = sha1;
    if (known == null) {
      try {
        known = MessageDigest.getInstance("SHA-1");
      } catch (NoSuchAlgorithmException e) {
        throw new IllegalStateException(e); // every Java platform has it
      }
      sha1 = known;
    }
    return known;
  }

  private Known compile(int i, ByteString sum) {
    Request request = call.request();
    int bytes = request.length(i);
    Script script = runner.engine().compile(request.offset(i), bytes, sum.toString());
    textBytes += bytes;
    return new Known(script, bytes);
  }

  /** Returns the script in argument 1, which is cached. */
  private Script evaluated() {
    ByteString sum = sum(1);
    Known known = loaded.get(sum);
    if (known == null) {
      known = evaluated.get(sum);
    }
    if (known == null) {
      known = compile(1, sum);
      evaluated.put(sum, known);
      if (evaluated.size() > MAX_EVALUATED) {
        Known oldest = evaluated.pollFirstEntry().getValue();
        runner.engine().forget(oldest.script());
        textBytes -= oldest.textBytes();
        evicted++;
      }
    }
    return known.script();
  }

  /** Removes all scripts (SCRIPT FLUSH). */
  public void flush() {
    loaded.values().forEach(known -> runner.engine().forget(known.script()));
    evaluated.values().forEach(known -> runner.engine().forget(known.script()));
    loaded.clear();
    evaluated.clear();
    textBytes = 0;
    last = null;
  }

  /**
   * Runs the script in argument 1 (EVAL).
   *
   * @param onlyReads true for EVAL_RO, which must not write
   */
  public void eval(boolean onlyReads) {
    ServerClient client = call.client();
    if (client.debugsScripts() && !client.isInExec()) {
      runner.debug(() -> evaluate(onlyReads));
    } else {
      evaluate(onlyReads);
    }
  }

  private void evaluate(boolean onlyReads) {
    int keys = runner.keys();
    run(evaluated(), keys, onlyReads);
  }

  /**
   * Runs the script with the SHA-1 in argument 1 (EVALSHA).
   *
   * @param onlyReads true for EVALSHA_RO, which must not write
   */
  public void evalSha(boolean onlyReads) {
    if (call.client().debugsScripts()) {
      throw NOT_DEBUGGED;
    }
    int keys = runner.keys();
    Script script = known(1);
    if (script == null) {
      throw NOSCRIPT;
    }
    run(script, keys, onlyReads);
  }

  private void run(Script script, int keys, boolean onlyReads) {
    last = script;
    runner.run(script, false, keys, onlyReads);
  }
}
