package io.redoubt.persistence.rdb;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.redoubt.protocol.bytes.Quoting;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The place in a stream that a reader's messages name: its step, the current key and the key's
 * type. The key's bytes are copied only when they are about to move, or when a message names them.
 */
final class ReadPlace {

  /** The most that is kept of a key for messages. */
  private static final int SHOWN_KEY_BYTES = 128;

  private RdbStep step = RdbStep.START;
  private int typeId; // of the current key, negative between keys; 0 before the first one, as Redis
  private final byte[] shown = new byte[SHOWN_KEY_BYTES]; // the start of the current key
  private int shownBytes = RdbKey.NONE; // negative if there is no key
  private @Nullable RdbKey unkept; // refers to the current key's bytes, which are not in shown yet

  RdbStep step() {
    return step;
  }

  void setStep(RdbStep next) {
    step = next;
  }

  /** Returns the type of the current key; negative between keys. */
  int typeId() {
    return typeId;
  }

  /** Starts a record whose type has been read. */
  void beginKey(int type) {
    typeId = type;
    shownBytes = RdbKey.NONE;
    unkept = null;
    step = RdbStep.KEY;
  }

  /** Starts the value of a key that has been read. */
  void beginValue(RdbKey key) {
    unkept = key;
    step = RdbStep.VALUE;
  }

  /** Ends a record. */
  void endKey() {
    typeId = RdbKey.NONE;
    unkept = null;
    step = RdbStep.TYPE;
  }

  /** Keeps the start of the current key for messages, before its bytes are moved. */
  void keepKey() {
    RdbKey key = unkept;
    if (key != null) {
      unkept = null;
      shownBytes = Math.min(key.length(), SHOWN_KEY_BYTES);
      MemorySegment.copy(key.memory(), JAVA_BYTE, key.offset(), shown, 0, shownBytes);
    }
  }

  /** Returns the current key and its type for a message, empty between keys. */
  String text() {
    keepKey();
    RdbType type = RdbType.of(typeId);
    return type == null || shownBytes < 0
        ? ""
        : " (key "
            + Quoting.quote(Arrays.copyOf(shown, shownBytes))
            + ", "
            + type.description()
            + ")";
  }
}
