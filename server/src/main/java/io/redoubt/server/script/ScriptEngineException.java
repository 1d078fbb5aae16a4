package io.redoubt.server.script;

/** Scripts cannot be run at all. */
public final class ScriptEngineException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  ScriptEngineException(String message) {
    super(message);
  }
}
