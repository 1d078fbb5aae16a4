package io.redoubt.protocol.group;

import org.jspecify.annotations.Nullable;

/**
 * A server's answer to the order to acknowledge writes to no master of an earlier term. The promise
 * is on its disk before it answers.
 *
 * @param node the id of the server
 * @param offset the end of its data in the history of its term
 * @param complete true if it has lost nothing that it may have acknowledged
 * @param group the configurations that it knows
 */
public record FenceAnswer(String node, long offset, boolean complete, GroupChain group) {
  /** The code of the error by which a server refuses to become master for an earlier promise. */
  public static final String OUTPROMISED = "PROMISED";

  private static final String START = "fenced";
  private static final int WORDS = 5;

  /** Returns the term of the last master that it followed, or was; -1 without a group. */
  public long term() {
    GroupConfig newest = group.newest();
    return newest == null ? -1 : newest.term();
  }

  /** Returns it as text. */
  public String format() {
    return START + " " + node + " " + offset + " " + (complete ? 1 : 0) + " " + group.format();
  }

  /** Parses the text; returns null if it is no such answer. */
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
