package io.redoubt.persistence.rdb.report;

/**
 * One of the largest keys of a file.
 *
 * @param fileBytes the length of its record in the file
 * @param dataBytes the length of key and value, neither compressed nor packed
 * @param largestBytes the length of its largest element, 0 for a stream
 * @param expireAtMillis Unix time, {@link io.redoubt.persistence.rdb.RdbKey#NONE} for none
 */
public record LargeKey(
    KeyName name,
    int database,
    ValueEncoding encoding,
    long fileBytes,
    long dataBytes,
    long elements,
    long largestBytes,
    long expireAtMillis) {

  LargeKey(KeyFigures key) {
    this(
        key.keyName(),
        key.database(),
        key.encoding(),
        key.fileBytes(),
        key.dataBytes(),
        key.elements(),
        key.largestBytes(),
        key.expireAtMillis());
  }
}
