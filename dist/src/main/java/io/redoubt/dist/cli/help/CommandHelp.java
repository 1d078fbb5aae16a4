package io.redoubt.dist.cli.help;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.redoubt.dist.client.ClientConnection;
import io.redoubt.protocol.bytes.Quoting;
import io.redoubt.protocol.process.Version;
import io.redoubt.protocol.resp.ProtocolException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The texts of {@code help}, and the hints and completions of a typed line. */
public final class CommandHelp {
  /** Lines of help end this way in Redis' client, on pipes too. */
  private static final String LINE_END = "\r\n";

  private static final String TEXT =
      """
      redis-cli %s
      Help on the commands of the server:
            "help <command>" for one of them, as "help client list"
            "help @<group>" for those of a group, as "help @hash"
            "help <tab>" goes through commands and groups
            "quit" ends redis-cli

      Preferences:
            ":set hints" shows arguments behind what is typed
            ":set nohints" does not
      ~/.redisclirc is read at the start; it has preferences, one a line.
      """;

  private DocumentedCommands docs = DocumentedCommands.none();
  private String address = "";
  private boolean hints = true;

  /** Starts without the documentation of a server. */
  public CommandHelp() {}

  /** Shows hints or does not. */
  public void showHints(boolean shown) {
    hints = shown;
  }

  /** Returns true if the documentation of this server is not loaded. */
  public boolean needs(String server) {
    return docs.isEmpty() || !address.equals(server);
  }

  /**
   * Loads the documentation from a server.
   *
   * @param server the server's address
   */
  public void load(ClientConnection connection, String server)
      throws IOException, ProtocolException {
    docs = DocumentedCommands.load(connection);
    address = server;
  }

  /**
   * Returns the text of {@code help}.
   *
   * @param words the words after {@code help}
   */
  public String text(List<String> words) {
    if (words.isEmpty()) {
      return String.format(Locale.ROOT, TEXT, Version.REDIS);
    }
    StringBuilder text = new StringBuilder();
    String topic = String.join(" ", words).toUpperCase(Locale.ROOT);
    boolean isGroup = topic.startsWith("@");
    for (CommandDoc doc : docs.all()) {
      if (isGroup
          ? doc.group().equalsIgnoreCase(topic.substring(1))
          : doc.name().equals(topic) || doc.name().startsWith(topic + " ")) {
        append(text, doc, !isGroup);
      }
    }
    return text.append(LINE_END).toString();
  }

  private static void append(StringBuilder text, CommandDoc doc, boolean showsGroup) {
    text.append(LINE_END).append("  \u001b[1m").append(doc.name()).append("\u001b[0m \u001b[90m");
    text.append(doc.usage()).append("\u001b[0m").append(LINE_END);
    line(text, "summary", doc.summary());
    line(text, "since", doc.since());
    line(text, "group", showsGroup ? doc.group() : "");
  }

  private static void line(StringBuilder text, String title, String value) {
    if (!value.isEmpty()) {
      text.append("  \u001b[33m").append(title).append(":\u001b[0m ");
      text.append(value).append(LINE_END);
    }
  }

  /** Returns the hint after a line, or null if there is none. */
  public @Nullable String hint(String line) {
    List<String> words = hints ? words(line) : null;
    if (words == null || words.isEmpty()) {
      return null;
    }
    if (words.size() > 1 && words.getFirst().matches("[0-9]+")) {
      words = words.subList(1, words.size()); // skips the number of repetitions
    }
    CommandDoc doc = docs.startOf(words);
    if (doc == null) {
      return null;
    }
    int nameWords = doc.name().split(" ", -1).length;
    String hint = Hint.after(doc, words.subList(nameWords, words.size()));
    if (hint == null || hint.isEmpty()) {
      return null;
    }
    return Character.isWhitespace(line.charAt(line.length() - 1)) ? hint : " " + hint;
  }

  /** Returns the completions of a line, in the letter case of the line. */
  public List<String> completions(String line) {
    boolean isHelp = line.regionMatches(true, 0, "help ", 0, 5);
    int start = isHelp ? 5 : line.startsWith("? ") ? 2 : 0;
    String typed = line.substring(start).stripLeading();
    String before = line.substring(0, line.length() - typed.length());
    List<String> topics = new ArrayList<>();
    if (start > 0) {
      docs.groups().forEach(group -> topics.add("@" + group));
    }
    docs.all().forEach(doc -> topics.add(doc.name()));
    boolean lower = typed.chars().anyMatch(Character::isLowerCase);
    return topics.stream()
        .filter(topic -> topic.regionMatches(true, 0, typed, 0, typed.length()))
        .filter(topic -> start > 0 || !topic.contains(" ") || typed.contains(" "))
        .map(topic -> topic.substring(typed.length()))
        .map(rest -> before + typed + (lower ? rest.toLowerCase(Locale.ROOT) : rest))
        .toList();
  }

  /** Returns the words of a line, or null while a quote is open. */
  private static @Nullable List<String> words(String line) {
    List<byte[]> words = Quoting.split(line.getBytes(UTF_8));
    return words == null ? null : words.stream().map(word -> new String(word, ISO_8859_1)).toList();
  }
}
