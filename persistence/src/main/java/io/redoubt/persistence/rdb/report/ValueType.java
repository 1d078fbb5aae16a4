package io.redoubt.persistence.rdb.report;

/** The type of a value, with the name that the command TYPE returns. */
public enum ValueType {
  STRING("string"),
  LIST("list"),
  SET("set"),
  ZSET("zset"),
  HASH("hash"),
  STREAM("stream");

  private final String text;

  ValueType(String text) {
    this.text = text;
  }

  public String text() {
    return text;
  }
}
