package io.redoubt.embedded;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.redoubt.protocol.bytes.Quoting;
import io.redoubt.protocol.config.FatalConfigError;
import io.redoubt.protocol.net.FreePorts;
import io.redoubt.protocol.process.Threads;
import io.redoubt.server.RedisServer;
import io.redoubt.server.settings.ServerDirectives;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The description of a data server. By default it listens on a free port of the loopback interface,
 * starts empty and saves nothing. {@link #start} may be called several times, for a new server each
 * time. For use by one thread at a time.
 */
public final class ServerBuilder {
  static final String DEFAULTS =
      """
      port 0
      bind 127.0.0.1
      save ""
      repl-diskless-sync-delay 0
      """;

  private final StringBuilder lines = new StringBuilder();
  private boolean tls;
  private @Nullable Path file;
  private @Nullable Path folder;

  ServerBuilder() {}

  /**
   * Sets a directive, like a line of redis.conf; it overrides {@link #file}.
   *
   * @param name such as {@code maxmemory} or {@code tls-port}
   * @param words the arguments, one each: {@code with("save", "900", "1")}
   */
  public ServerBuilder with(String name, String... words) {
    if (name.equalsIgnoreCase("dir") && words.length == 1) {
      return dir(Path.of(words[0])); // relative to this process, not to the default folder
    }
    lines.append(configLine(name, words));
    return this;
  }

  /** Returns a configuration line with its terminator. */
  static String configLine(String name, String... words) {
    if (name.isEmpty() || !name.chars().allMatch(c -> c > ' ' && c != '"' && c != '\'')) {
      throw new IllegalArgumentException("not the name of a directive: " + name);
    }
    StringBuilder line = new StringBuilder(name);
    for (String word : words) {
      line.append(' ').append(Quoting.quote(word.getBytes(UTF_8)));
    }
    return line.append('\n').toString();
  }

  /** Sets a directive with a whole line of redis.conf, such as {@code maxmemory 10mb}. */
  public ServerBuilder line(String text) {
    if (text.lines().count() > 1) {
      throw new IllegalArgumentException("more than one line: " + text);
    }
    lines.append(text).append('\n');
    return this;
  }

  /**
   * Also listens with TLS, on a free port unless {@code tls-port} is set: see {@link
   * EmbeddedServer#tlsUri}. Clients need no certificate.
   *
   * @param certificate a PEM file
   * @param key a PEM file
   */
  public ServerBuilder tls(Path certificate, Path key) {
    tls = true;
    return with("tls-cert-file", certificate.toAbsolutePath().toString())
        .with("tls-key-file", key.toAbsolutePath().toString());
  }

  /** Listens on a port of the caller's choice; 0, the default, chooses a free one. */
  public ServerBuilder port(int port) {
    return with("port", Integer.toString(port));
  }

  /**
   * Reads a configuration first, in the syntax of redis.conf or, by its suffix, YAML. Directives
   * that concern a whole process, such as {@code daemonize} and {@code pidfile}, have no effect. A
   * relative {@code dir} is resolved against the server's own folder.
   */
  public ServerBuilder file(Path configuration) {
    file = configuration.toAbsolutePath();
    return this;
  }

  /**
   * Keeps data in a folder: its files are loaded, and remain. By default the server has an empty
   * temporary folder, which {@link EmbeddedServer#close} deletes.
   */
  public ServerBuilder dir(Path data) {
    folder = data.toAbsolutePath();
    return this;
  }

  /**
   * Starts a server; returns when it has loaded its data and serves clients.
   *
   * @throws IllegalArgumentException if the configuration is refused
   * @throws UncheckedIOException if a port is in use or a file can't be read
   */
  public EmbeddedServer start() {
    try {
      return configured();
    } catch (FatalConfigError refused) {
      throw new IllegalArgumentException(refused.text().strip(), refused);
    } catch (IOException failure) {
      throw new UncheckedIOException(failure.getMessage(), failure);
    }
  }

  private EmbeddedServer configured() throws IOException, FatalConfigError {
    // Finishes before the start does, which waits for the same classes.
    Threads.ofSystem().unstarted("redoubt-prepare", RedisServer::prepare).start();
    DataFolder own = DataFolder.create();
    DataFolder used = own;
    try {
      ServerDirectives settings = new ServerDirectives();
      settings.load(
          null, new byte[0], DEFAULTS + tlsLines() + configLine("dir", own.path().toString()));
      settings.load(
          file, new byte[0], lines + (folder == null ? "" : configLine("dir", folder.toString())));
      settings.load(null, new byte[0], busLine(settings));
      if (!settings.common.dir.value().equals(own.path())) {
        own.close();
        used = DataFolder.ofCaller(settings.common.dir.value());
      }
      return EmbeddedServer.start(settings, used, Host.alone());
    } catch (IOException | FatalConfigError | RuntimeException failure) {
      used.close();
      throw failure;
    }
  }

  /**
   * Chooses the port of the cluster bus, too: a free port may be too high for the default, 10000
   * above it.
   */
  private static String busLine(ServerDirectives settings) {
    boolean isFree =
        settings.cluster.clusterEnabled.value()
            && settings.common.port.value() == 0
            && settings.cluster.clusterPort.value() == 0;
    return isFree ? configLine("cluster-port", Integer.toString(FreePorts.one())) : "";
  }

  private String tlsLines() {
    return tls ? "tls-auth-clients no\ntls-port " + FreePorts.one() + "\n" : "";
  }
}
