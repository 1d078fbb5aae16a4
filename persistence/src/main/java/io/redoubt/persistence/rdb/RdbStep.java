package io.redoubt.persistence.rdb;

/** The step of a reader, in the words of {@code redis-check-rdb}. */
public enum RdbStep {
  START("start"),
  TYPE("read-type"),
  EXPIRY("read-expire"),
  KEY("read-key"),
  VALUE("read-object-value"),
  CHECKSUM("check-sum"),
  LENGTH("read-len"),
  AUX("read-aux"),
  MODULE_AUX("read-module-aux"),
  FUNCTIONS("read-functions");

  private final String text;

  RdbStep(String text) {
    this.text = text;
  }

  public String text() {
    return text;
  }

  /** Returns the step that follows an opcode or type. */
  public static RdbStep after(int opcode) {
    return switch (opcode) {
      case RdbFormat.EXPIRE_SECONDS, RdbFormat.EXPIRE_MILLIS -> EXPIRY;
      case RdbFormat.AUX -> AUX;
      case RdbFormat.SELECT_DB, RdbFormat.RESIZE_DB, RdbFormat.SLOT_INFO -> LENGTH;
      case RdbFormat.FUNCTION, RdbFormat.FUNCTION_PRE_RELEASE -> FUNCTIONS;
      case RdbFormat.MODULE_AUX -> MODULE_AUX;
      default -> TYPE;
    };
  }
}
