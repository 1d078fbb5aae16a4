package io.redoubt.server.replication.stream;

import java.util.random.RandomGenerator;

/**
 * The history of a data set: a random id, and the number of bytes of the command stream applied
 * since the id was created. Two servers with the same id and offset hold the same data. A promoted
 * replica starts a new id but keeps the old one as its second id, valid up to {@link
 * #secondOffset()}, so that its former siblings can resume by a partial sync (PSYNC2).
 */
public final class ReplicationHistory {
  /** The length of a replication id, in lower-case hexadecimal digits. */
  public static final int ID_LENGTH = 40;

  /** The value of an absent second id. */
  public static final String NO_ID = "0".repeat(ID_LENGTH);

  /** The second offset when there is no second id. */
  public static final long NO_OFFSET = -1;

  private String id;
  private String secondId = NO_ID;
  private long offset;
  private long secondOffset = NO_OFFSET;

  /** True once the id may have been sent to another server. */
  private boolean shown;

  /** Creates an empty history with a random id. */
  public ReplicationHistory(RandomGenerator random) {
    id = randomId(random);
  }

  /** Returns forty random hexadecimal digits, used for replication ids and end marks. */
  public static String randomId(RandomGenerator random) {
    StringBuilder digits = new StringBuilder(ID_LENGTH);
    while (digits.length() < ID_LENGTH) {
      digits.append(Character.forDigit(random.nextInt(16), 16));
    }
    return digits.toString();
  }

  public String id() {
    return id;
  }

  /** Returns the id before the last promotion, or {@link #NO_ID}. */
  public String secondId() {
    return secondId;
  }

  /** Returns the offset of the last byte of the stream. */
  public long offset() {
    return offset;
  }

  /** Returns the first offset that the second id no longer covers, or {@link #NO_OFFSET}. */
  public long secondOffset() {
    return secondOffset;
  }

  /** Counts bytes appended to the stream. */
  public void advance(long bytes) {
    offset += bytes;
  }

  /**
   * Starts a new id at the same offset and clears the second id: no replica can resume from before.
   */
  public void restart(RandomGenerator random) {
    id = randomId(random);
    forgetSecond();
  }

  /** Clears the second id, because the bytes before the promotion are no longer kept. */
  public void forgetSecond() {
    secondId = NO_ID;
    secondOffset = NO_OFFSET;
  }

  /**
   * Starts the history of a promoted replica: its writes diverge from the old history, which stays
   * valid up to this offset.
   */
  public void promote(RandomGenerator random) {
    branch(randomId(random));
    shown = false;
  }

  /** Records that the id has been sent to other servers. */
  public void markShown() {
    shown = true;
  }

  /**
   * Undoes a promotion after which nothing was written and whose id no other server has received. A
   * restarted master that finds another one promoted can then resume under the common id.
   */
  public void takeBackPromotion() {
    if (!shown && !secondId.equals(NO_ID) && secondOffset == offset + 1) {
      id = secondId;
      forgetSecond();
    }
  }

  /** Adopts the new id of a promoted master; the old one stays valid up to this offset. */
  public void branch(String newId) {
    shown = true;
    secondId = id;
    secondOffset = offset + 1;
    id = newId;
  }

  /** Adopts the history of a master after a full sync, or one recorded in a file. */
  public void adopt(String masterId, long masterOffset) {
    shown = true;
    id = masterId;
    offset = masterOffset;
    forgetSecond();
  }
}
