package io.redoubt.persistence.aof;

/**
 * A file of an append only directory, as listed in the manifest.
 *
 * @param name the file name without directory
 * @param sequence the number among the files of its type, starting at 1
 */
public record AofFile(String name, long sequence, AofFileType type) {

  AofFile asHistory() {
    return new AofFile(name, sequence, AofFileType.HISTORY);
  }
}
