package io.redoubt.server.command.hash;

import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.command.Errors;
import io.redoubt.server.command.common.ExpireUnit;
import io.redoubt.server.execution.Call;
import org.jspecify.annotations.Nullable;

/**
 * The options of HGETEX and HSETEX, in any order around {@code FIELDS numfields ...}. One instance
 * serves all calls of a command.
 */
final class FieldOptions {
  private static final CommandError NO_FIELDS = new CommandError("ERR missing FIELDS argument");
  private static final CommandError FIELDS_TWICE =
      new CommandError("ERR FIELDS argument can be specified only once");
  private static final CommandError FEW_FIELDS = new CommandError("ERR invalid number of fields");
  private static final CommandError OTHER_NUMBER_OF_FIELDS =
      new CommandError("ERR wrong number of arguments");
  private static final CommandError TWO_CONDITIONS =
      new CommandError("ERR Only one of FXX or FNX arguments can be specified");
  private static final CommandError TWO_KEY_CONDITIONS =
      new CommandError("ERR Only one of XX or NX arguments can be specified");
  private static final CommandError NO_TIME = new CommandError("ERR missing expire time");

  /** The conditions on the existence of the fields, or of the key, under which HSETEX sets them. */
  enum Condition {
    NONE,
    ABSENT,
    PRESENT;

    /** Returns true if something that exists, or does not, is as the condition demands. */
    boolean isMet(boolean exists) {
      return this == NONE || exists == (this == PRESENT);
    }
  }

  private final String keepWord;
  private final boolean sets;
  private final CommandError twoTimes;

  private @Nullable ExpireUnit unit;
  private int timeArg;
  private boolean keeps;
  private Condition fieldCondition = Condition.NONE;
  private Condition keyCondition = Condition.NONE;
  private int firstArg;
  private int count;

  /**
   * Creates the options of a command.
   *
   * @param keepWord the option in addition to times: PERSIST or KEEPTTL
   * @param sets true if a value follows each field, and conditions are allowed
   */
  FieldOptions(String keepWord, boolean sets) {
    this.keepWord = keepWord;
    this.sets = sets;
    twoTimes =
        new CommandError(
            "ERR Only one of EX, PX, EXAT, PXAT or " + keepWord + " arguments can be specified");
  }

  /**
   * Parses the arguments from 2 on.
   *
   * @throws CommandError if they are not valid
   */
  void parse(Call call) {
    unit = null;
    keeps = false;
    fieldCondition = Condition.NONE;
    keyCondition = Condition.NONE;
    firstArg = 0;
    for (int i = 2; i < call.count(); i++) {
      ExpireUnit named;
      if (call.is(i, "FIELDS")) {
        i = parseFields(call, i + 1);
      } else if (call.is(i, keepWord)) {
        requireNoTime();
        keeps = true;
      } else if ((named = ExpireUnit.named(call, i)) != null) {
        requireNoTime();
        unit = named;
        timeArg = ++i;
        if (timeArg == call.count()) {
          throw NO_TIME;
        }
      } else if (sets && (call.is(i, "FNX") || call.is(i, "FXX"))) {
        if (fieldCondition != Condition.NONE) {
          throw TWO_CONDITIONS;
        }
        fieldCondition = call.is(i, "FNX") ? Condition.ABSENT : Condition.PRESENT;
      } else if (sets && (call.is(i, "NX") || call.is(i, "XX"))) {
        if (keyCondition != Condition.NONE) {
          throw TWO_KEY_CONDITIONS;
        }
        keyCondition = call.is(i, "NX") ? Condition.ABSENT : Condition.PRESENT;
      } else {
        throw new CommandError("ERR unknown argument: " + Errors.excerpt(call.request(), i));
      }
    }
    if (firstArg == 0) {
      throw NO_FIELDS;
    }
  }

  private void requireNoTime() {
    if (keeps || unit != null) {
      throw twoTimes;
    }
  }

  /** Parses the number of fields; returns the last argument of the last field. */
  private int parseFields(Call call, int countArg) {
    if (firstArg > 0) {
      throw FIELDS_TWICE;
    }
    if (countArg == call.count()) {
      throw OTHER_NUMBER_OF_FIELDS;
    }
    long fields = call.argAtLeast(1, countArg, FEW_FIELDS);
    if (fields > Integer.MAX_VALUE) {
      throw FEW_FIELDS;
    }
    firstArg = countArg + 1;
    if (fields * step() > call.count() - firstArg) {
      throw OTHER_NUMBER_OF_FIELDS;
    }
    count = (int) fields;
    return end() - 1;
  }

  /** Returns true if PERSIST or KEEPTTL is given. */
  boolean keeps() {
    return keeps;
  }

  boolean hasTime() {
    return unit != null;
  }

  /**
   * Returns the time given, in Unix milliseconds.
   *
   * @throws CommandError if it is not a valid one
   */
  long time(Call call) {
    ExpireUnit given = unit;
    if (given == null) {
      throw new IllegalStateException();
    }
    return FieldAccess.time(call, timeArg, given.millis(), given.isAbsolute());
  }

  /** Returns the condition that each field must meet. */
  Condition fieldCondition() {
    return fieldCondition;
  }

  /** Returns the condition that the key must meet. */
  Condition keyCondition() {
    return keyCondition;
  }

  int first() {
    return firstArg;
  }

  /** Returns the number of arguments from a field to the next one. */
  int step() {
    return sets ? 2 : 1;
  }

  /** Returns the argument after the last field and its value. */
  int end() {
    return firstArg + count * step();
  }

  int count() {
    return count;
  }
}
