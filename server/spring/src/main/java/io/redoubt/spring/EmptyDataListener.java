package io.redoubt.spring;

import io.redoubt.embedded.EmbeddedGroup;
import io.redoubt.embedded.EmbeddedServer;
import org.springframework.context.ApplicationContext;
import org.springframework.test.context.TestContext;
import org.springframework.test.context.TestContextAnnotationUtils;
import org.springframework.test.context.TestExecutionListener;

/**
 * Empties the servers that {@link RedoubtConnection} has started before each test method, and
 * repairs a group.
 */
final class EmptyDataListener implements TestExecutionListener {
  EmptyDataListener() {}

  @Override
  public void beforeTestMethod(TestContext test) {
    if (TestContextAnnotationUtils.hasAnnotation(test.getTestClass(), RedoubtConnection.class)) {
      ApplicationContext context = test.getApplicationContext();
      context.getBeanProvider(EmbeddedServer.class).ifAvailable(EmptyDataListener::empty);
      context.getBeanProvider(EmbeddedGroup.class).ifAvailable(EmptyDataListener::empty);
    }
  }

  private static void empty(EmbeddedServer server) {
    server.resume();
    server.execute("FLUSHALL");
  }

  private static void empty(EmbeddedGroup group) {
    group.repair();
    group.master().execute("FLUSHALL");
    group.awaitInStep();
  }
}
