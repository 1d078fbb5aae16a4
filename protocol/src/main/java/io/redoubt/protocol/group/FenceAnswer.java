package io.redoubt.protocol.group;

import org.jspecify.annotations.Nullable;

/**
 * A server's answer to a fence: its promise not to acknowledge writes of any master of an earlier
 * term. The promise is durable before the server answers.
 *
 * @param node the id of the server
 * @param offset the end of its data, as an offset in the history of its term
 * @param complete true if it still has every write that it may have acknowledged
 * @param group the configurations known to it
 */
public record FenceAnswer(String node, long offset, boolean complete, GroupChain group) {
  /**
   * The code of the error of a server that refuses a promotion because it has promised a later
   * term.
   */
  public static final String OUTPROMISED = "PROMISED";

  private static final String START = "fenced";
  private static final int WORDS = 5;

  /** Returns the term of the last master that the server followed or was; -1 without a group. */
  public long term() {
    GroupConfig newest = group.newest();
    return newest == null ? -1 : newest.term();
  }

  /** Returns the text that {@link #parse} reads. */
  public String format() {
    return START + " " + node + " " + offset + " " + (complete ? 1 : 0) + " " + group.format();
  }

  /** Parses the text; returns null if it is malformed. */
  public static @Nullable FenceAnswer parse(String text) {
    String[] words = text.split(" ", -1);
    if (words.length != WORDS || !words[0].equals(START) || !GroupConfig.isId(words[1])) {
      return null;
    }
    GroupChain group = GroupChain.parse(words[4]);
    try {
      long offset = Long.parseLong(words[2]);
      return group == null ? null : new FenceAnswer(words[1], offset, words[3].equals("1"), group);
    } catch (NumberFormatException e) {
      return null;
    }
  }
}
