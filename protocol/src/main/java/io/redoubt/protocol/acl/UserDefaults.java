package io.redoubt.protocol.acl;

/** The settings that the users of a process share. */
final class UserDefaults {
  private boolean allChannels;
  private int databaseCount = Integer.MAX_VALUE;

  /** Returns true if new users and selectors start with all channels. */
  boolean allChannels() {
    return allChannels;
  }

  void setAllChannels(boolean all) {
    allChannels = all;
  }

  /** Returns the number of databases; commands themselves refuse an index beyond. */
  int databaseCount() {
    return databaseCount;
  }

  void setDatabaseCount(int count) {
    databaseCount = count;
  }
}
