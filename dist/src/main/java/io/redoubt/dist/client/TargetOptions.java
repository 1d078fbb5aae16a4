package io.redoubt.dist.client;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Collects the options of {@code redis-cli} and {@code redis-benchmark} that name a server. */
public final class TargetOptions {
  private static final int MAX_PORT = 65535;

  private String host = "127.0.0.1";
  private int port = 6379;
  private @Nullable String socket;
  private @Nullable String user;
  private @Nullable String password;
  private int database;
  private int protocol;
  private boolean passwordOnCommandLine;
  private boolean encrypts;
  private @Nullable String serverName;
  private @Nullable Path authorities;
  private @Nullable Path authoritiesFolder;
  private @Nullable Path certificate;
  private @Nullable Path key;
  private boolean insecure;
  private String ciphers = "";
  private List<String> suites = List.of();

  /** Starts with the default address. */
  public TargetOptions() {}

  /**
   * Parses an option and its value.
   *
   * @return false if it is another option
   */
  public boolean take(String name, WordCursor words) throws UsageException {
    switch (name) {
      case "-h" -> host = words.value(name);
      case "-p" -> setPort(words.number(name));
      case "-s" -> socket = words.value(name);
      case "-a", "--pass" -> {
        password = words.value(name);
        passwordOnCommandLine = true;
      }
      case "--user" -> user = words.value(name);
      case "-u" -> uri(words.value(name));
      case "-2" -> protocol = 2;
      case "-3" -> protocol = 3;
      case "--tls" -> encrypts = true;
      case "--sni" -> serverName = words.value(name);
      case "--cacert" -> authorities = file(name, words);
      case "--cacertdir" -> authoritiesFolder = file(name, words);
      case "--cert" -> certificate = file(name, words);
      case "--key" -> key = file(name, words);
      case "--insecure" -> insecure = true;
      case "--tls-ciphers" -> ciphers = words.value(name);
      case "--tls-ciphersuites" -> suites = List.of(words.value(name).split(":", -1));
      default -> {
        return false;
      }
    }
    return true;
  }

  /** Sets the password, unless one is on the command line later. */
  public void setPassword(@Nullable String value) {
    password = value;
    passwordOnCommandLine = false;
  }

  public void setDatabase(int value) {
    database = value;
  }

  /** Returns true if a version of the protocol was chosen. */
  public boolean choosesProtocol() {
    return protocol != 0;
  }

  public void setProtocol(int version) {
    protocol = version;
  }

  /**
   * Returns true if the password is on the command line, where other users of the machine can read
   * it.
   */
  public boolean passwordOnCommandLine() {
    return passwordOnCommandLine;
  }

  /** Returns the server that the options name. */
  public Target target() throws UsageException {
    if ((certificate == null) != (key == null)) {
      throw new UsageException("--cert and --key belong together.");
    }
    TlsOptions tls =
        encrypts
            ? new TlsOptions(
                serverName,
                authorities,
                authoritiesFolder,
                certificate,
                key,
                insecure,
                ciphers,
                suites)
            : null;
    return new Target(host, port, socket, user, password, database, protocol, tls);
  }

  private void setPort(long number) throws UsageException {
    if (number < 0 || number > MAX_PORT) {
      throw new UsageException("Invalid server port.");
    }
    port = (int) number;
  }

  private static Path file(String name, WordCursor words) throws UsageException {
    Path file = Path.of(words.value(name));
    if (!Files.isReadable(file)) {
      throw new UsageException(name + ": can't read " + file);
    }
    return file;
  }

  /** Parses {@code redis://[[user]:password@]host[:port][/database]}, or {@code rediss://}. */
  private void uri(String text) throws UsageException {
    if (text.startsWith("rediss://")) {
      encrypts = true;
    } else if (!text.startsWith("redis://")) {
      throw new UsageException("Invalid URI scheme");
    }
    URI uri;
    try {
      uri = new URI(text);
    } catch (URISyntaxException e) {
      throw new UsageException("Invalid URI: " + e.getReason());
    }
    String login = uri.getRawUserInfo();
    if (login != null) {
      int colon = login.indexOf(':');
      if (colon > 0) {
        user = decoded(login.substring(0, colon));
      }
      password = decoded(login.substring(colon + 1));
      passwordOnCommandLine = true;
    }
    if (uri.getHost() != null) {
      host = uri.getHost();
      if (host.startsWith("[")) {
        host = host.substring(1, host.length() - 1);
      }
    }
    if (uri.getPort() >= 0) {
      setPort(uri.getPort());
    }
    String path = uri.getPath();
    if (path != null && path.length() > 1) {
      try {
        database = Integer.parseInt(path.substring(1));
      } catch (NumberFormatException e) {
        throw new UsageException("Invalid database in the URI: " + path.substring(1));
      }
    }
  }

  private static String decoded(String text) throws UsageException {
    try {
      return URLDecoder.decode(text.replace("+", "%2B"), UTF_8);
    } catch (IllegalArgumentException e) {
      throw new UsageException("Incomplete URI encoding");
    }
  }
}
