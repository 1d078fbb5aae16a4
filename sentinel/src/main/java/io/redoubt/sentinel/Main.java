package io.redoubt.sentinel;

import io.redoubt.protocol.config.FatalConfigError;
import io.redoubt.protocol.config.Mistakes;
import io.redoubt.protocol.launch.Launch;
import io.redoubt.protocol.launch.Service;
import io.redoubt.protocol.net.NameLookup;
import io.redoubt.protocol.process.Environment;
import io.redoubt.protocol.process.KernelRandom;
import io.redoubt.protocol.process.SystemErrors;
import io.redoubt.sentinel.runtime.SentinelDirectives;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** The program {@code redis-sentinel /path/to/sentinel.conf [--name value ...]}. */
public final class Main extends Launch<SentinelDirectives> {
  private Main(String[] words, Map<String, String> environment) {
    super("redis-sentinel", words, environment, new SentinelDirectives());
    log().setRole('X');
  }

  /** Runs a sentinel until it is stopped; exits with status 0 then, or 1 if it cannot serve. */
  public static void main(String[] words) throws IOException, InterruptedException {
    System.exit(new Main(words, System.getenv()).run());
  }

  /** Refuses to start without a writable config file, in which a sentinel keeps its state. */
  @Override
  protected boolean mayStart() {
    String refusal = refusal();
    if (refusal != null) {
      log().warning("%s Exiting...", refusal);
    }
    return refusal == null;
  }

  private @Nullable String refusal() {
    Path file = arguments().configFile();
    if (file == null) {
      return "Sentinel needs config file on disk to save state.";
    }
    try {
      FileChannel.open(file, StandardOpenOption.WRITE).close();
      return null;
    } catch (IOException e) {
      return "Sentinel config file " + file + " is not writable: " + SystemErrors.text(e) + ".";
    }
  }

  @Override
  protected void check(Mistakes mistakes) throws FatalConfigError {
    String refusal = refusal();
    if (refusal != null) {
      mistakes.onMistake(FatalConfigError.ofWhole(refusal));
    }
    directives().finish(mistakes);
    SentinelServer.check(directives(), host(), mistakes);
  }

  private SentinelHost host() {
    return SentinelHost.ofProcess(
        new Environment(clock(), log(), KernelRandom.open()), NameLookup.ofSystem());
  }

  @Override
  protected Service start() throws IOException, FatalConfigError {
    CompletableFuture<Integer> ended = new CompletableFuture<>();
    SentinelServer server = SentinelServer.start(directives(), host(), () -> ended.complete(0));
    showLogo();
    return new Service() {
      private volatile boolean stopping;

      @Override
      public CompletableFuture<Void> ready() {
        return CompletableFuture.completedFuture(null);
      }

      @Override
      public CompletableFuture<Integer> ended() {
        return ended;
      }

      @Override
      public void shutDown(String signal) {
        stopping = true;
        server.stop();
      }

      @Override
      public boolean isShuttingDown() {
        return stopping;
      }

      @Override
      public void abandon() {
        // the state file is written atomically
      }
    };
  }
}
