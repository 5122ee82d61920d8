namespace Rallypoint
{
    /// <summary>The ball. The field goes from 0 to 1 in both directions, from the top left.</summary>
    public struct GameBall
    {
        internal GameBall(float x, float y, float velocityX, float velocityY)
        {
            X = x;
            Y = y;
            VelocityX = velocityX;
            VelocityY = velocityY;
        }

        /// <summary>Its centre, from the left.</summary>
        public float X { get; }

        /// <summary>Its centre, from the top.</summary>
        public float Y { get; }

        /// <summary>Widths of the field in a second.</summary>
        public float VelocityX { get; }

        /// <summary>Heights of the field in a second.</summary>
        public float VelocityY { get; }
    }
}
