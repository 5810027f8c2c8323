"""Sessions at work: the only caller of the engine. Input -> core -> append -> publish, in that order."""
