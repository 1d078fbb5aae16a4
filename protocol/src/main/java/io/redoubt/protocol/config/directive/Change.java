package io.redoubt.protocol.config.directive;

/**
 * The reaction of a subsystem to CONFIG SET of a directive. A change added to several directives
 * runs once per CONFIG SET.
 */
@FunctionalInterface
public interface Change {
  /**
   * Applies the values, which the directives already hold. After a refusal it runs again with the
   * previous values.
   *
   * @throws RefusedValue to undo the whole CONFIG SET and reply with this reason
   */
  void apply() throws RefusedValue;
}
