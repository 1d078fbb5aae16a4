package io.redoubt.protocol.process;

/**
 * An argument of a log message that is or contains data of users: keys, values, arguments of
 * commands, names of clients and users. {@link Log} hides it if {@code hide-user-data-from-log} is
 * on.
 */
@FunctionalInterface
public interface UserData {
  /** The text in place of hidden data. */
  String HIDDEN = "*redacted*";

  /** Returns the text for the log. */
  String text(boolean hidden);
}
