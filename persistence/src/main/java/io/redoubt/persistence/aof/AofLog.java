package io.redoubt.persistence.aof;

/** Where to tell what happens to the files, in Redis' words. May be called on any thread. */
public interface AofLog {

  /** Tells of something usual. */
  void notice(String text);

  /** Tells of something that somebody should look at. */
  void warning(String text);
}
