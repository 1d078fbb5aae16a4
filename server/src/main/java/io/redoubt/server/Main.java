package io.redoubt.server;

import io.redoubt.persistence.aof.AofException;
import io.redoubt.persistence.aof.ManifestException;
import io.redoubt.persistence.io.OsDisk;
import io.redoubt.persistence.rdb.RdbException;
import io.redoubt.protocol.config.FatalConfigError;
import io.redoubt.protocol.config.Mistakes;
import io.redoubt.protocol.launch.Launch;
import io.redoubt.protocol.launch.Service;
import io.redoubt.protocol.process.Environment;
import io.redoubt.protocol.process.KernelRandom;
import io.redoubt.protocol.process.SystemErrors;
import io.redoubt.server.lifecycle.CorruptFileReport;
import io.redoubt.server.settings.ServerDirectives;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** {@code redis-server [/path/to/redis.conf] [--name value ...] [-]}. */
public final class Main extends Launch<ServerDirectives> {
  private Main(String[] words, Map<String, String> environment) {
    super("redis-server", words, environment, new ServerDirectives());
  }

  /** Runs a server until it is shut down; the exit status is 0 then, and 1 if it can't serve. */
  public static void main(String[] words) throws IOException, InterruptedException {
    System.exit(new Main(words, System.getenv()).run());
  }

  @Override
  protected void prepare() {
    RedisServer.prepare();
  }

  @Override
  protected void check(Mistakes mistakes) throws FatalConfigError {
    Environment environment = new Environment(clock(), log(), KernelRandom.open());
    RedisServer.check(directives(), environment, mistakes);
  }

  @Override
  protected Service start() throws IOException, FatalConfigError {
    RedisServer server = new RedisServer(directives(), clock(), log(), KernelRandom.open(), false);
    server.guardMemory();
    server.ownProcess();
    CompletableFuture<Void> loaded = server.start(this::showLogo);
    return new Service() {
      @Override
      public CompletableFuture<Void> ready() {
        return loaded.whenComplete((done, failure) -> {
          if (failure == null) {
            server.prepareFirstUses();
          } else {
            logFailure(failure);
          }
        });
      }

      @Override
      public CompletableFuture<Integer> ended() {
        return server.ended();
      }

      @Override
      public void shutDown(String signal) {
        server.shutDown(signal);
      }

      @Override
      public boolean isShuttingDown() {
        return server.isShuttingDown();
      }

      @Override
      public void abandon() {
        server.abandon();
      }
    };
  }

  private void logFailure(Throwable failure) {
    if (failure instanceof RdbException bad) {
      log()
          .warning(
              "Fatal error loading the DB: Internal error in RDB reading offset %d -> %s",
              bad.offset(), bad);
      new CorruptFileReport(log(), clock()).check(new OsDisk(), directives());
    } else if (failure instanceof ManifestException bad) {
      bad.report().forEach(line -> log().warning("%s", line));
    } else if (failure instanceof AofException bad) {
      log().warning("%s", bad.getMessage());
    } else {
      log().warning("Fatal error loading the DB: %s. Exiting.", SystemErrors.forLog(failure));
    }
  }
}
