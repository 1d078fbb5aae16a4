package io.redoubt.protocol.process;

import java.io.PrintStream;

/** The output of the program for jobs other than serving. */
public final class Usage {
  private static final String HELP =
      """
      Usage: ./redis-server [/path/to/redis.conf] [options] [-]
             ./redis-server - (read config from stdin)
             ./redis-server -v or --version
             ./redis-server -h or --help
             ./redis-server --test-memory <megabytes>
             ./redis-server --check-system
             ./redis-server --check-config [/path/to/redis.conf] [options] [-]

      Examples:
             ./redis-server (run the server with default conf)
             echo 'maxmemory 128mb' | ./redis-server -
             ./redis-server /etc/redis/6379.conf
             ./redis-server --port 7777
             ./redis-server --port 7777 --replicaof 127.0.0.1 8888
             ./redis-server /etc/myredis.conf --loglevel verbose -
             ./redis-server /etc/myredis.conf --loglevel verbose

      Sentinel mode:
             ./redis-server /etc/sentinel.conf --sentinel
      """;

  private Usage() {}

  /**
   * Runs a job other than serving.
   *
   * @return the process' exit status
   */
  public static int run(Arguments.Job job, PrintStream out, PrintStream err) {
    return switch (job) {
      case SERVE, CHECK_CONFIG -> throw new IllegalArgumentException(job + " needs directives");
      case VERSION -> {
        Version version = Version.ofThisProcess();
        out.println(
            "Redis server v="
                + Version.REDIS
                + " sha="
                + version.commit()
                + ":"
                + version.dirty()
                + " malloc=redoubt bits=64 build=0000000000000000");
        out.println(version.describe());
        yield 0;
      }
      case HELP -> {
        err.print(HELP);
        yield 1;
      }
      case TEST_MEMORY -> {
        err.println("A JVM can't test the machine's memory: see http://www.memtest86.com/");
        yield 1;
      }
      case CHECK_SYSTEM -> SystemCheck.ofThisMachine().report(out) ? 0 : 1;
    };
  }
}
