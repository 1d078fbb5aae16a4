package io.redoubt.server.execution;

import io.redoubt.protocol.bytes.ByteString;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.resp.Request;
import io.redoubt.server.memory.Region;
import io.redoubt.server.script.Script;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The scripts that a server knows by their SHA-1: EVAL and its companions. */
public final class Scripts {

  private static final CommandError NOSCRIPT =
      new CommandError("NOSCRIPT No matching script. Please use EVAL.");

  private static final int SHA1_HEX = 40;

  private final ScriptRunner runner;
  private final Call call;
  private final MessageDigest sha1;
  private final Map<ByteString, Script> scripts = new HashMap<>();

  private long textBytes;

  /** The script that was run last, which is often the next one too. */
  private @Nullable Script last;

  Scripts(ScriptRunner runner, Call call) {
    this.runner = runner;
    this.call = call;
    try {
      sha1 = MessageDigest.getInstance("SHA-1");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every Java platform has it
    }
  }

  /** How many scripts are known. */
  public int count() {
    return scripts.size();
  }

  /** What the texts of the known scripts have together, in bytes. */
  public long textBytes() {
    return textBytes;
  }

  /** SCRIPT EXISTS: whether the script with this SHA-1, argument {@code i}, is known. */
  public boolean isKnown(int i) {
    return known(i) != null;
  }

  private @Nullable Script known(int i) {
    Request request = call.request();
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
      script = runner.engine().compile(request.offset(i), request.length(i), sum.toString());
      scripts.put(sum, script);
      textBytes += request.length(i);
    }
    return script;
  }

  /** SCRIPT FLUSH: no script is known any more. */
  public void flush() {
    for (Script script : scripts.values()) {
      runner.engine().forget(script);
    }
    scripts.clear();
    textBytes = 0;
    last = null;
  }

  /**
   * EVAL: runs the script of argument 1.
   *
   * @param onlyReads whether it must not write: EVAL_RO
   */
  public void eval(boolean onlyReads) {
    int keys = runner.keys();
    run(load(1), keys, onlyReads);
  }

  /**
   * EVALSHA: runs the script whose SHA-1 is argument 1.
   *
   * @param onlyReads whether it must not write: EVALSHA_RO
   */
  public void evalSha(boolean onlyReads) {
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
