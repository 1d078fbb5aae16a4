package io.redoubt.server.script;

/** Thrown if the scripting engine is unavailable. */
public final class ScriptEngineException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  ScriptEngineException(String message) {
    super(message);
  }

  ScriptEngineException(String message, Throwable cause) {
    super(message, cause);
  }
}
