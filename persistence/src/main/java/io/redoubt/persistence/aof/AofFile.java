package io.redoubt.persistence.aof;

/**
 * A file of an append-only directory as the manifest names it.
 *
 * @param name without its directory
 * @param sequence its number among the files of its type, from 1 on
 * @param type what it holds
 */
public record AofFile(String name, long sequence, AofFileType type) {

  AofFile asHistory() {
    return new AofFile(name, sequence, AofFileType.HISTORY);
  }
}
