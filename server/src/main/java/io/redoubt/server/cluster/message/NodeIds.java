package io.redoubt.server.cluster.message;

/** The syntax of ids of nodes and shards: 40 digits and lower-case letters. */
public final class NodeIds {
  /** The length of an id. */
  public static final int LENGTH = 40;

  private NodeIds() {}

  /** Returns true if the text has the syntax of an id. */
  public static boolean isId(String text) {
    if (text.length() != LENGTH) {
      return false;
    }
    for (int i = 0; i < LENGTH; i++) {
      char c = text.charAt(i);
      if ((c < '0' || c > '9') && (c < 'a' || c > 'z')) {
        return false;
      }
    }
    return true;
  }
}
