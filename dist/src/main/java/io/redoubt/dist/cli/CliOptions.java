package io.redoubt.dist.cli;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.redoubt.protocol.bytes.Quoting;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The options of a command line, and the command that follows them. */
final class CliOptions {
  /** Options of Redis' client that this one does not have, and refuses by name. */
  private static final Set<String> MISSING =
      Set.of(
          "-c",
          "--tls",
          "--sni",
          "--cacert",
          "--cacertdir",
          "--cert",
          "--key",
          "--insecure",
          "--tls-ciphers",
          "--tls-ciphersuites",
          "--askpass",
          "--scan",
          "--pattern",
          "--quoted-pattern",
          "--count",
          "--stat",
          "--latency",
          "--latency-history",
          "--latency-dist",
          "--intrinsic-latency",
          "--lru-test",
          "--replica",
          "--slave",
          "--rdb",
          "--functions-rdb",
          "--pipe",
          "--pipe-timeout",
          "--bigkeys",
          "--memkeys",
          "--memkeys-samples",
          "--hotkeys",
          "--eval",
          "--ldb",
          "--ldb-sync-mode",
          "--cluster",
          "--show-pushes",
          "--verbose");

  String host = "127.0.0.1";
  int port = 6379;
  @Nullable String socket;
  @Nullable String password;
  @Nullable String user;
  int database;
  long repeat = 1;
  double intervalSeconds;
  boolean readsLastArgument;
  @Nullable String argumentTag;
  String elementDelimiter = "\n";
  String replyDelimiter = "\n";
  @Nullable OutputForm form;
  int protocol;
  boolean failsOnError;
  boolean warns = true;
  boolean quotedInput;
  boolean showsVersion;
  boolean showsHelp;
  private boolean passwordOnCommandLine;

  /** The command, empty if commands are read from standard input. */
  List<String> command = List.of();

  private final List<String> words;
  private int at;

  private CliOptions(List<String> words) {
    this.words = words;
  }

  static CliOptions parse(List<String> words, Map<String, String> environment)
      throws UsageException {
    CliOptions options = new CliOptions(words);
    options.password = environment.get("REDISCLI_AUTH");
    while (options.at < words.size() && words.get(options.at).startsWith("-")) {
      options.option(words.get(options.at++));
    }
    options.command = words.subList(options.at, words.size());
    if (options.readsLastArgument && options.argumentTag != null) {
      throw new UsageException("Options -x and -X are mutually exclusive.");
    }
    return options;
  }

  /** Returns true if the password stands where other users of the machine can read it. */
  boolean warnsOfPassword() {
    return passwordOnCommandLine && warns;
  }

  private void option(String name) throws UsageException {
    switch (name) {
      case "-h" -> {
        // Alone it asks for help, as it does without a value in Redis' client.
        if (at == words.size()) {
          showsHelp = true;
        } else {
          host = value(name);
        }
      }
      case "--help" -> showsHelp = true;
      case "-v", "--version" -> showsVersion = true;
      case "-p" -> {
        port = (int) number(name);
        if (port < 0 || port > 65535) {
          throw new UsageException("Invalid server port.");
        }
      }
      case "-s" -> socket = value(name);
      case "-a", "--pass" -> {
        password = value(name);
        passwordOnCommandLine = true;
      }
      case "--user" -> user = value(name);
      case "-u" -> uri(value(name));
      case "-n" -> database = (int) number(name);
      case "-r" -> repeat = number(name);
      case "-i" -> intervalSeconds = seconds(value(name));
      case "-x" -> readsLastArgument = true;
      case "-X" -> argumentTag = value(name);
      case "-d" -> elementDelimiter = bytes(value(name));
      case "-D" -> replyDelimiter = bytes(value(name));
      case "-e" -> failsOnError = true;
      case "-2" -> protocol = 2;
      case "-3" -> protocol = 3;
      case "--raw" -> form = OutputForm.RAW;
      case "--no-raw" -> form = OutputForm.STANDARD;
      case "--csv" -> form = OutputForm.CSV;
      case "--json" -> json(OutputForm.JSON);
      case "--quoted-json" -> json(OutputForm.QUOTED_JSON);
      case "--quoted-input" -> quotedInput = true;
      case "--no-auth-warning" -> warns = false;
      default ->
          throw new UsageException(
              MISSING.contains(name)
                  ? "redis-cli: the option " + name + " is not supported"
                  : "Unrecognized option or bad number of args for: '" + name + "'");
    }
  }

  /** Chooses JSON, which has maps only in RESP3. An explicit protocol wins. */
  private void json(OutputForm chosen) {
    form = chosen;
    if (protocol == 0) {
      protocol = 3;
    }
  }

  private String value(String name) throws UsageException {
    if (at == words.size()) {
      throw new UsageException("Unrecognized option or bad number of args for: '" + name + "'");
    }
    return words.get(at++);
  }

  private long number(String name) throws UsageException {
    String text = value(name);
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException e) {
      throw new UsageException("redis-cli: " + name + " needs a number, not '" + text + "'");
    }
  }

  private static double seconds(String text) throws UsageException {
    try {
      double seconds = Double.parseDouble(text);
      if (seconds >= 0 && seconds <= Integer.MAX_VALUE) {
        return seconds;
      }
    } catch (NumberFormatException e) {
      // refused below
    }
    throw new UsageException("redis-cli: -i needs a number of seconds, not '" + text + "'");
  }

  private static String bytes(String text) {
    return new String(text.getBytes(UTF_8), ISO_8859_1);
  }

  /** Takes {@code redis://[[user]:password@]host[:port][/database]}. */
  private void uri(String text) throws UsageException {
    if (text.startsWith("rediss://")) {
      throw new UsageException("redis-cli: rediss:// (TLS) is not supported");
    }
    if (!text.startsWith("redis://")) {
      throw new UsageException("Invalid URI scheme");
    }
    URI uri;
    try {
      uri = new URI(text);
    } catch (URISyntaxException e) {
      throw new UsageException("redis-cli: invalid URI: " + e.getReason());
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
    }
    if (uri.getPort() >= 0) {
      port = uri.getPort();
    }
    String path = uri.getPath();
    if (path != null && path.length() > 1) {
      try {
        database = Integer.parseInt(path.substring(1));
      } catch (NumberFormatException e) {
        throw new UsageException("redis-cli: invalid database in the URI: " + path.substring(1));
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

  /**
   * Returns the bytes of the command's words.
   *
   * @throws UsageException if a word is not valid between quotes and {@code --quoted-input} is set
   */
  byte[][] arguments() throws UsageException {
    byte[][] arguments = new byte[command.size()][];
    for (int i = 0; i < arguments.length; i++) {
      arguments[i] = command.get(i).getBytes(UTF_8);
      if (quotedInput) {
        List<byte[]> unquoted = Quoting.split(arguments[i]);
        if (unquoted == null || unquoted.size() != 1) {
          throw new UsageException("Invalid quoted string");
        }
        arguments[i] = unquoted.getFirst();
      }
    }
    return arguments;
  }
}
