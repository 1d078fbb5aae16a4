package io.redoubt.protocol.lease;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A message by which a sentinel grants, refuses or revokes a lease. It is sent as the argument of
 * PING, which the user of any sentinel may run and CLIENT PAUSE does not delay.
 *
 * @param group the name of the master that the sentinel monitors; has no space
 * @param sequence the number of this message, greater than that of the previous one
 * @param confirmed the number of an earlier message whose answer the sentinel has received, 0 for
 *     none. The lease starts at the arrival of that message, and thus before the sentinel's promise
 * @param millis the length of the lease; 0 grants none and revokes an earlier one. {@link #LEAVING}
 *     also announces that the sentinel no longer monitors the node, {@link #NOT_MASTER} that
 *     another node is the master
 * @param others the ids of the other sentinels of the group
 */
public record LeaseOffer(
    String group,
    String sentinel,
    long sequence,
    long confirmed,
    long millis,
    List<String> others) {
  /** The length sent by a sentinel that no longer monitors the node. */
  public static final long LEAVING = -1;

  /** The length sent to a node that is not the master. */
  public static final long NOT_MASTER = -2;

  /** The answer of a node that holds a lease from this sentinel. */
  public static final String HELD = "sentinel-lease held";

  /** The answer of a node that holds no lease from this sentinel. */
  public static final String FREE = "sentinel-lease free";

  /** The length of the shortest message. */
  public static final int MIN_LENGTH = 64;

  /** The length above which messages are ignored; real ones are much shorter. */
  public static final int MAX_LENGTH = 16 << 10;

  private static final String START = "sentinel-lease";
  private static final int WORDS = 7;
  private static final int ID_LENGTH = 40;
  private static final int MAX_OTHERS = 100;
  private static final long MAX_MILLIS = 86_400_000;

  /** Copies the ids. */
  public LeaseOffer {
    others = List.copyOf(others);
  }

  /** Returns the message as text, which {@link #parse} reads. */
  public String format() {
    return String.join(
        " ",
        START,
        group,
        sentinel,
        Long.toString(sequence),
        Long.toString(confirmed),
        Long.toString(millis),
        others.isEmpty() ? "-" : String.join(",", others));
  }

  /** Parses a message; returns null if it is malformed. */
  public static @Nullable LeaseOffer parse(String text) {
    String[] words = text.split(" ", -1);
    if (words.length != WORDS
        || !words[0].equals(START)
        || words[1].isEmpty()
        || words[2].length() != ID_LENGTH) {
      return null;
    }
    List<String> others = words[6].equals("-") ? List.of() : List.of(words[6].split(",", -1));
    if (others.size() > MAX_OTHERS || others.stream().anyMatch(id -> id.length() != ID_LENGTH)) {
      return null;
    }
    try {
      long sequence = Long.parseLong(words[3]);
      long confirmed = Long.parseLong(words[4]);
      long millis = Long.parseLong(words[5]);
      boolean possible =
          sequence > 0 && confirmed >= 0 && millis >= NOT_MASTER && millis <= MAX_MILLIS;
      return possible
          ? new LeaseOffer(words[1], words[2], sequence, confirmed, millis, others)
          : null;
    } catch (NumberFormatException e) {
      return null;
    }
  }
}
