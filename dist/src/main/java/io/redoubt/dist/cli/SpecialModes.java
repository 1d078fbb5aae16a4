package io.redoubt.dist.cli;

import io.redoubt.dist.cli.mode.BigKeysMode;
import io.redoubt.dist.cli.mode.DumpMode;
import io.redoubt.dist.cli.mode.HotKeysMode;
import io.redoubt.dist.cli.mode.IntrinsicLatencyMode;
import io.redoubt.dist.cli.mode.LatencyDistMode;
import io.redoubt.dist.cli.mode.LatencyMode;
import io.redoubt.dist.cli.mode.LruTestMode;
import io.redoubt.dist.cli.mode.Mode;
import io.redoubt.dist.cli.mode.ModeContext;
import io.redoubt.dist.cli.mode.ModeException;
import io.redoubt.dist.cli.mode.PipeMode;
import io.redoubt.dist.cli.mode.ReplicaMode;
import io.redoubt.dist.cli.mode.ScanMode;
import io.redoubt.dist.cli.mode.StatMode;
import io.redoubt.dist.cli.session.OutputForm;
import io.redoubt.dist.cli.session.Session;
import io.redoubt.protocol.resp.ProtocolException;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;

/** Chooses and runs the special mode of a command line. */
final class SpecialModes {
  private final CliOptions options;
  private final Session session;
  private final ModeContext context;

  SpecialModes(
      CliOptions options,
      OutputForm form,
      Session session,
      InputStream in,
      PrintStream out,
      PrintStream err) {
    this.options = options;
    this.session = session;
    this.context = new ModeContext(session, form, options.intervalSeconds, in, out, err);
  }

  int run() {
    boolean local = options.special == CliOptions.Special.INTRINSIC_LATENCY;
    if (!local && !session.connect()) {
      return 1;
    }
    String failure;
    try {
      return mode().run();
    } catch (ModeException e) {
      failure = e.getMessage() + "\n";
    } catch (IOException | ProtocolException e) {
      failure = "Error: " + Session.reason(e) + "\n";
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      failure = "";
    }
    context.out().flush();
    context.err().print(failure);
    return 1;
  }

  private Mode mode() {
    return switch (options.special) {
      case STAT -> new StatMode(context);
      case LATENCY -> new LatencyMode(context, false);
      case LATENCY_HISTORY -> new LatencyMode(context, true);
      case LATENCY_DIST -> new LatencyDistMode(context);
      case INTRINSIC_LATENCY -> new IntrinsicLatencyMode(context.out(), options.specialNumber);
      case SCAN -> new ScanMode(context, options.pattern, options.count);
      case BIG_KEYS -> new BigKeysMode(context, options.pattern, false, -1);
      case MEMORY_KEYS -> new BigKeysMode(context, options.pattern, true, options.memorySamples);
      case HOT_KEYS -> new HotKeysMode(context, options.pattern);
      case LRU_TEST -> new LruTestMode(context, options.specialNumber);
      case REPLICA -> new ReplicaMode(context);
      case DUMP -> new DumpMode(context, options.specialFile, false);
      case FUNCTIONS_DUMP -> new DumpMode(context, options.specialFile, true);
      case PIPE -> new PipeMode(context, options.pipeTimeoutSeconds);
      case NONE, HELP, VERSION, EVAL ->
          throw new IllegalStateException("no mode: " + options.special);
    };
  }
}
