package io.redoubt.protocol.process;

/**
 * A text of users for the log.
 *
 * @param shown the text unless user data is hidden
 * @param substitute the text if it is
 */
public record UserText(Object shown, String substitute) implements UserData {
  /** Returns a text that is hidden as a whole. */
  public static UserText of(Object text) {
    return new UserText(text, HIDDEN);
  }

  @Override
  public String text(boolean hidden) {
    return hidden ? substitute : shown.toString();
  }
}
