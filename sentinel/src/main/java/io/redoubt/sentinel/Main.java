package io.redoubt.sentinel;

import io.redoubt.protocol.config.FatalConfigError;
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

/** The program {@code redis-sentinel /path/to/sentinel.conf [--name value ...]}. */
public final class Main extends Launch<SentinelDirectives> {
  private Main(String[] words, Map<String, String> environment) {
    super("redis-sentinel", words, environment, new SentinelDirectives());
    log().role(() -> 'X');
  }

  /** Runs a sentinel until it is stopped; the exit status is 0 then, 1 if it cannot serve. */
  public static void main(String[] words) throws IOException, InterruptedException {
    System.exit(new Main(words, System.getenv()).run());
  }

  /** Refuses to start without a config file, in which a sentinel keeps its state. */
  @Override
  protected boolean mayStart() {
    Path file = arguments().configFile();
    if (file == null) {
      log().warning("Sentinel needs config file on disk to save state. Exiting...");
      return false;
    }
    try {
      FileChannel.open(file, StandardOpenOption.WRITE).close();
      return true;
    } catch (IOException e) {
      log()
          .warning(
              "Sentinel config file %s is not writable: %s. Exiting...",
              file, SystemErrors.text(e));
      return false;
    }
  }

  @Override
  protected void checkWhole() throws FatalConfigError {
    directives().finish();
  }

  @Override
  protected Service start() throws IOException, FatalConfigError {
    CompletableFuture<Integer> ended = new CompletableFuture<>();
    SentinelServer server =
        SentinelServer.start(
            directives(),
            SentinelHost.ofProcess(
                new Environment(clock(), log(), KernelRandom.open()), NameLookup.ofSystem()),
            () -> ended.complete(0));
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
